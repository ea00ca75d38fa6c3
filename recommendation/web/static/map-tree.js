// Rows of the map: places, and the pictures that represent cells of the quadtree; see recommendation/map/explore/order.py.
const LEVELS = 16;

function spread(value) {
  value = (value | (value << 8)) & 0x00ff00ff;
  value = (value | (value << 4)) & 0x0f0f0f0f;
  value = (value | (value << 2)) & 0x33333333;
  return (value | (value << 1)) & 0x55555555;
}

export class Tree {
  constructor(buffer, levels) {
    this.count = levels[levels.length - 1];
    this.levels = levels;
    this.x = new Uint16Array(buffer, 0, this.count);
    this.y = new Uint16Array(buffer, 2 * this.count, this.count);
    this.cluster = new Uint8Array(buffer, 4 * this.count, this.count);
    this.keys = new Uint32Array(this.count);
    for (let row = 0; row < this.count; row++) this.keys[row] = spread(this.x[row]) | (spread(this.y[row]) << 1);
  }

  place(row) { return [this.x[row] / 65535, this.y[row] / 65535]; }

  // The one picture that represents each cell of a level within a rectangle [left, bottom, right, top], as [row, cellX, cellY].
  inside(rectangle, level) {
    const steps = rectangle.map(side => Math.max(0, Math.min(65535, Math.floor(side * 65535))));
    const found = [];
    if (this.count) this.descend(steps, Math.min(level, LEVELS), 0, 0, 0, 0, found);
    return found;
  }

  descend(steps, wanted, level, cellX, cellY, row, found) {
    const shift = LEVELS - level;
    if (((cellX + 1) << shift) <= steps[0] || (cellX << shift) > steps[2]) return;
    if (((cellY + 1) << shift) <= steps[1] || (cellY << shift) > steps[3]) return;
    if (level === wanted) { found.push([row, cellX, cellY]); return; }
    const bits = 2 * (shift - 1);
    for (let child = 0; child < 4; child++) {
      const x = 2 * cellX + (child & 1), y = 2 * cellY + (child >> 1);
      const prefix = (spread(x) | (spread(y) << 1)) >>> 0;
      const own = (this.keys[row] >>> bits) === prefix ? row : this.first(level + 1, prefix, bits);
      if (own >= 0) this.descend(steps, wanted, level + 1, x, y, own, found);
    }
  }

  // The row of a level whose key begins with a prefix; -1 without one.
  first(level, prefix, bits) {
    const least = (prefix << bits) >>> 0;
    let low = this.levels[level], high = this.levels[level + 1];
    const end = high;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.keys[middle] < least) low = middle + 1; else high = middle;
    }
    return low < end && (this.keys[low] >>> bits) === prefix ? low : -1;
  }

  // The row nearest to a place within a distance; -1 without one.
  nearest(x, y, distance) {
    const level = Math.max(0, Math.min(LEVELS, Math.ceil(Math.log2(8 / distance))));
    let best = -1, least = distance * distance;
    for (const [row] of this.inside([x - distance, y - distance, x + distance, y + distance], level)) {
      const [left, up] = this.place(row);
      const squared = (left - x) ** 2 + (up - y) ** 2;
      if (squared <= least) { best = row; least = squared; }
    }
    return best;
  }
}
