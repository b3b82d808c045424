// Resizing of images, from tables of both axes: for each row (column) of y the first of the two rows (columns) of x that
// it lies between, and the weight of the second; a second of weight 0 is never read.

import { copyWords, storeTail } from './lib/vector';

// @ts-ignore: decorator
@unmanaged
class Resize {
  rows: usize;
  rowWeights: usize;
  columns: usize;
  columnWeights: usize;
  batch: i32;
  inHeight: i32;
  inWidth: i32;
  channels: i32;
  outHeight: i32;
  outWidth: i32;
}

// @ts-ignore: decorator
@unmanaged
class Interpolate extends Resize {
  x: usize;
  y: usize;
}

export function interpolateScratch(d: Interpolate): i32 {
  return d.inWidth * d.channels * 4;
}

// The scratch is known from phase 1 on; phase 0 has nothing to do.
export function interpolateBlocks(d: Interpolate, phase: i32): i32 {
  if (phase == 0) return 0;
  return phase == 1 ? d.batch * d.outHeight : -1;
}

/** One row of one result: first a row between two of x, then along that. */
export function interpolate(d: Interpolate, phase: i32, block: i32, scratch: usize): void {
  const image = block / d.outHeight;
  const i = block - image * d.outHeight;
  const pixelBytes = d.channels << 2;
  const rowLength = d.inWidth * d.channels;
  let row = d.x + (image * d.inHeight + load<i32>(d.rows + (i << 2))) * (rowLength << 2);
  const v = load<f32>(d.rowWeights + (i << 2));
  if (v != 0) {
    mix(row, row + (rowLength << 2), v, rowLength, scratch);
    row = scratch;
  }
  let y = d.y + block * d.outWidth * pixelBytes;
  for (let j = 0; j < d.outWidth; j++) {
    const from = row + load<i32>(d.columns + (j << 2)) * pixelBytes;
    const u = load<f32>(d.columnWeights + (j << 2));
    if (u != 0) mix(from, from + pixelBytes, u, d.channels, y);
    else copyWords(y, from, pixelBytes);
    y += pixelBytes;
  }
}

/** y = (1 - weight) * a + weight * b. */
function mix(a: usize, b: usize, weight: f32, length: i32, y: usize): void {
  const weights = f32x4.splat(weight);
  const rests = f32x4.splat(1 - weight);
  for (const end = y + ((length & ~7) << 2); y < end; y += 32) {
    v128.store(y, mixed(v128.load(a), v128.load(b), rests, weights));
    v128.store(y, mixed(v128.load(a, 16), v128.load(b, 16), rests, weights), 16);
    a += 32;
    b += 32;
  }
  length &= 7;
  for (; length > 0; length -= 4, a += 16, b += 16, y += 16) {
    // Loads may reach beyond a row.
    const between = mixed(v128.load(a), v128.load(b), rests, weights);
    if (length >= 4) v128.store(y, between);
    else storeTail(y, between, length);
  }
}

// @ts-ignore: decorator
@inline
function mixed(a: v128, b: v128, rest: v128, weight: v128): v128 {
  return f32x4.add(f32x4.mul(rest, a), f32x4.mul(weight, b));
}

// @ts-ignore: decorator
@unmanaged
class InterpolateGradient extends Resize {
  gradient: usize;
  xGradient: usize;
}

export function interpolateGradientScratch(d: InterpolateGradient): i32 {
  return d.outWidth * d.channels * 4;
}

// The scratch is known from phase 1 on; phase 0 has nothing to do.
export function interpolateGradientBlocks(d: InterpolateGradient, phase: i32): i32 {
  if (phase == 0) return 0;
  return phase == 1 ? d.batch * d.inHeight : -1;
}

/** One row of x, which collects from all rows of y that it has a part in: first along the height, then along the width. */
export function interpolateGradient(d: InterpolateGradient, phase: i32, block: i32, scratch: usize): void {
  const image = block / d.inHeight;
  const row = block - image * d.inHeight;
  const pixelBytes = d.channels << 2;
  const xGradient = d.xGradient + block * d.inWidth * pixelBytes;
  memory.fill(xGradient, 0, d.inWidth * pixelBytes);
  if (!collectRows(d, image, row, scratch)) return;
  for (let j = 0; j < d.outWidth; j++) {
    const to = xGradient + load<i32>(d.columns + (j << 2)) * pixelBytes;
    const u = load<f32>(d.columnWeights + (j << 2));
    addScaled(scratch, 1 - u, d.channels, to);
    if (u != 0) addScaled(scratch, u, d.channels, to + pixelBytes);
    scratch += pixelBytes;
  }
}

/** Writes the weighted sum of the rows of gradient(y) in which this row of x has a part; false if there are none. */
function collectRows(d: InterpolateGradient, image: i32, row: i32, sum: usize): bool {
  const length = d.outWidth * d.channels;
  let found = false;
  for (let i = 0; i < d.outHeight; i++) {
    const first = load<i32>(d.rows + (i << 2));
    const v = load<f32>(d.rowWeights + (i << 2));
    const weight: f32 = first == row ? 1 - v : first + 1 == row ? v : 0;
    if (weight == 0) continue;
    if (!found) memory.fill(sum, 0, length << 2);
    found = true;
    addScaled(d.gradient + (image * d.outHeight + i) * length * 4, weight, length, sum);
  }
  return found;
}

/** y += weight * x. */
function addScaled(x: usize, weight: f32, length: i32, y: usize): void {
  const weights = f32x4.splat(weight);
  for (; length >= 8; length -= 8, x += 32, y += 32) {
    v128.store(y, f32x4.add(v128.load(y), f32x4.mul(weights, v128.load(x))));
    v128.store(y, f32x4.add(v128.load(y, 16), f32x4.mul(weights, v128.load(x, 16))), 16);
  }
  // One by one, because a vector cannot be loaded soon from where its lanes were stored singly.
  for (; length > 0; length--, x += 4, y += 4) store<f32>(y, load<f32>(y) + weight * load<f32>(x));
}
