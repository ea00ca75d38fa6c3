// Justified rows of a section: where each picture is, in px, when all rows but the last fill the width.
import {ratioOf} from './describe.js';

export const GAP = 6;
// Gives {boxes: [{x, y, width, height}], height}. Source of the idea: Google Design 2018, "Building the Google Photos Web UI".
export function layoutRows(items, width, rowHeight) {
  const boxes = [];
  let row = [], ratios = 0, y = 0;
  const close = last => {
    const free = width - GAP * (row.length - 1), full = free / ratios, height = last ? Math.min(full, rowHeight * 1.15) : full;
    let x = 0;
    for (const ratio of row) {
      boxes.push({x, y, width: ratio * height, height});
      x += ratio * height + GAP;
    }
    y += height + GAP;
    row = [];
    ratios = 0;
  };
  for (const item of items) {
    const ratio = ratioOf(item);
    row.push(ratio);
    ratios += ratio;
    if (ratios * rowHeight + GAP * (row.length - 1) >= width) close(false);
  }
  if (row.length) close(true);
  return {boxes, height: y};
}

// The height to expect of a section before its pictures are known.
export const estimatedHeight = (count, meanRatio, width, rowHeight) => Math.ceil(count * meanRatio * rowHeight / Math.max(1, width)) * (rowHeight + GAP);
