// Dots and pictures with WebGL2: all dots in one call, all pictures in another; sheets of pictures are layers of one texture.
const LAYERS = 10;

const COLOR = `
vec3 colour(float group, float dark) {
  if (group > 254.5) return mix(vec3(.62, .61, .58), vec3(.42, .43, .46), dark);
  float hue = fract(group * .61803399 + .55), band = mod(floor(group / 7.), 3.);
  vec3 pure = clamp(abs(fract(hue + vec3(0., 2. / 3., 1. / 3.)) * 6. - 3.) - 1., 0., 1.);
  float light = mix(.50, .60, dark) + (band - 1.) * .07;
  return light + (pure - .5) * mix(.62, .60, dark) * (1. - abs(2. * light - 1.));
}`;

const POINT_VERTEX = `#version 300 es
in float x, y, group, lit;
uniform vec4 view; uniform float size, dark, some;
out vec4 shade;
${COLOR}
void main() {
  gl_Position = vec4((vec2(x, y) - view.xy) * view.zw, 0, 1);
  bool off = some > .5 && lit < .5;
  gl_PointSize = off ? max(1., size * .7) : some > .5 ? size * 1.6 + 1. : size;
  shade = vec4(colour(group, dark), off ? .10 : .78);
}`;
const POINT_FRAGMENT = `#version 300 es
precision mediump float;
in vec4 shade; out vec4 result;
void main() {
  float edge = 1. - smoothstep(.36, .5, length(gl_PointCoord - .5));
  result = vec4(shade.rgb, 1) * shade.a * edge;
}`;
const TILE_VERTEX = `#version 300 es
in vec2 corner; in vec4 tile; in vec2 look;
uniform vec2 screen; uniform float size, side, dark;
out vec2 inner; out vec3 spot; out float strength; out vec3 rim;
${COLOR}
void main() {
  vec2 place = (tile.xy + (corner - .5) * size) / screen * 2. - 1.;
  gl_Position = vec4(place.x, -place.y, 0, 1);
  inner = corner;
  spot = vec3(mod(tile.z, side) / side, floor(tile.z / side) / side, tile.w);
  strength = look.x; rim = colour(look.y, dark);
}`;
const TILE_FRAGMENT = `#version 300 es
precision highp float; precision mediump sampler2DArray;
in vec2 inner; in vec3 spot; in float strength; in vec3 rim;
uniform sampler2DArray sheets; uniform float side, size;
out vec4 result;
void main() {
  vec2 far = abs(inner - .5) * size - size * .5 + 7.;
  float edge = length(max(far, 0.)) - 7.;
  float alpha = clamp(.5 - edge, 0., 1.) * strength;
  vec3 seen = texture(sheets, vec3(spot.xy + clamp(inner, .01, .99) / side, spot.z)).rgb;
  result = vec4(mix(rim, seen, smoothstep(-1., -2.4, edge)), 1) * alpha;
}`;

export class Drawing {
  constructor(canvas, tree, tilesASide, tilePx, sheets) {
    const gl = canvas.getContext('webgl2', {antialias: false, premultipliedAlpha: true});
    if (!gl) throw new Error('This browser has no WebGL2, which the map is drawn with.');
    Object.assign(this, {canvas, gl, tree, tilesASide, tilePx});
    this.points = program(gl, POINT_VERTEX, POINT_FRAGMENT);
    this.tiles = program(gl, TILE_VERTEX, TILE_FRAGMENT);
    this.lit = new Uint8Array(tree.count);
    this.pointArray = gl.createVertexArray();
    gl.bindVertexArray(this.pointArray);
    attribute(gl, this.points, 'x', tree.x, 1, gl.UNSIGNED_SHORT, true);
    attribute(gl, this.points, 'y', tree.y, 1, gl.UNSIGNED_SHORT, true);
    attribute(gl, this.points, 'group', tree.cluster, 1, gl.UNSIGNED_BYTE, false);
    this.litBuffer = attribute(gl, this.points, 'lit', this.lit, 1, gl.UNSIGNED_BYTE, false);
    this.tileArray = gl.createVertexArray();
    gl.bindVertexArray(this.tileArray);
    attribute(gl, this.tiles, 'corner', new Float32Array([0, 0, 1, 0, 0, 1, 1, 1]), 2, gl.FLOAT, false);
    this.tileBuffer = gl.createBuffer();
    gl.bindBuffer(gl.ARRAY_BUFFER, this.tileBuffer);
    for (const [name, size, start] of [['tile', 4, 0], ['look', 2, 16]]) {
      const where = gl.getAttribLocation(this.tiles, name);
      gl.enableVertexAttribArray(where);
      gl.vertexAttribPointer(where, size, gl.FLOAT, false, 24, start);
      gl.vertexAttribDivisor(where, 1);
    }
    this.layers = Math.min(LAYERS, sheets);
    gl.bindTexture(gl.TEXTURE_2D_ARRAY, gl.createTexture());
    gl.texStorage3D(gl.TEXTURE_2D_ARRAY, 1, gl.RGBA8, tilesASide * tilePx, tilesASide * tilePx, Math.max(1, this.layers));
    for (const name of ['TEXTURE_MIN_FILTER', 'TEXTURE_MAG_FILTER']) gl.texParameteri(gl.TEXTURE_2D_ARRAY, gl[name], gl.LINEAR);
    for (const name of ['TEXTURE_WRAP_S', 'TEXTURE_WRAP_T']) gl.texParameteri(gl.TEXTURE_2D_ARRAY, gl[name], gl.CLAMP_TO_EDGE);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
  }

  light(rows) {
    this.lit.fill(0);
    for (const row of rows) this.lit[row] = 1;
    this.gl.bindBuffer(this.gl.ARRAY_BUFFER, this.litBuffer);
    this.gl.bufferSubData(this.gl.ARRAY_BUFFER, 0, this.lit);
  }

  put(layer, bitmap) {
    const gl = this.gl;
    gl.texSubImage3D(gl.TEXTURE_2D_ARRAY, 0, 0, 0, layer, bitmap.width, bitmap.height, 1, gl.RGBA, gl.UNSIGNED_BYTE, bitmap);
  }

  // view: x, y, scale in CSS px; tiles: rows of [x, y in CSS px, slot, layer, strength, cluster].
  draw(view, size, ratio, dark, some, count, tiles) {
    const gl = this.gl, [width, height] = [this.canvas.width, this.canvas.height];
    gl.viewport(0, 0, width, height);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    gl.useProgram(this.points);
    const zoom = 2 * view.scale * ratio;
    gl.uniform4f(at(gl, this.points, 'view'), view.x, view.y, zoom / width, zoom / height);
    gl.uniform1f(at(gl, this.points, 'size'), size * ratio);
    gl.uniform1f(at(gl, this.points, 'dark'), dark);
    gl.uniform1f(at(gl, this.points, 'some'), some);
    gl.bindVertexArray(this.pointArray);
    gl.drawArrays(gl.POINTS, 0, count);
    if (!tiles.length) return;
    gl.useProgram(this.tiles);
    gl.uniform2f(at(gl, this.tiles, 'screen'), width / ratio, height / ratio);
    gl.uniform1f(at(gl, this.tiles, 'side'), this.tilesASide);
    gl.uniform1f(at(gl, this.tiles, 'size'), view.tile);
    gl.uniform1f(at(gl, this.tiles, 'dark'), dark);
    gl.bindVertexArray(this.tileArray);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.tileBuffer);
    gl.bufferData(gl.ARRAY_BUFFER, new Float32Array(tiles.flat()), gl.DYNAMIC_DRAW);
    gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, 4, tiles.length);
  }
}

function at(gl, made, name) {
  made.places ??= {};
  return made.places[name] ??= gl.getUniformLocation(made, name);
}

function attribute(gl, made, name, data, size, kind, normalised) {
  const buffer = gl.createBuffer(), where = gl.getAttribLocation(made, name);
  gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
  gl.bufferData(gl.ARRAY_BUFFER, data, gl.STATIC_DRAW);
  gl.enableVertexAttribArray(where);
  gl.vertexAttribPointer(where, size, kind, normalised, 0, 0);
  return buffer;
}

function program(gl, vertex, fragment) {
  const made = gl.createProgram();
  for (const [kind, text] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]]) {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, text);
    gl.compileShader(shader);
    if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS)) throw new Error(gl.getShaderInfoLog(shader));
    gl.attachShader(made, shader);
  }
  gl.linkProgram(made);
  if (!gl.getProgramParameter(made, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(made));
  return made;
}
