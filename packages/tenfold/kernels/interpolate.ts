// Resizing of images, from tables of both axes: for each row (column) of y the first of the two rows (columns) of x that
// it lies between, and the weight of the second; a second of weight 0 is never read.

import { align16, copyWords, fillWords, storeTail } from './lib/vector';

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

/** A row between two of x, and a pixel. */
export function interpolateScratch(d: Interpolate): i32 {
  return align16(d.inWidth * d.channels * 4) + align16(d.channels * 4);
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
    mix(row, row + (rowLength << 2), v, rowLength << 2, scratch);
    row = scratch;
  }
  const pixel = scratch + align16(rowLength << 2);
  const reach = align16(pixelBytes);
  const toWeights = d.columnWeights - d.columns;
  let column = d.columns;
  let y = d.y + block * d.outWidth * pixelBytes;
  const rowEnd = y + d.outWidth * pixelBytes;
  for (; y < rowEnd; y += pixelBytes, column += 4) {
    const from = row + load<i32>(column) * pixelBytes;
    const u = load<f32>(column + toWeights);
    // What lies behind a pixel of this row is overwritten by the next one.
    if (u == 0) {
      copyWords(y, from, y + reach <= rowEnd ? reach : pixelBytes);
    } else {
      const isInside = y + reach <= rowEnd;
      mix(from, from + pixelBytes, u, pixelBytes, isInside ? y : pixel);
      if (!isInside) copyWords(y, pixel, pixelBytes);
    }
  }
}

/** y = (1 - weight) * a + weight * b, in whole vectors. */
// @ts-ignore: decorator
@inline
function mix(a: usize, b: usize, weight: f32, bytes: i32, y: usize): void {
  const weights = f32x4.splat(weight);
  const rests = f32x4.splat(1 - weight);
  const end = y + bytes;
  for (; y + 48 < end; y += 64, a += 64, b += 64) {
    v128.store(y, mixed(v128.load(a), v128.load(b), rests, weights));
    v128.store(y, mixed(v128.load(a, 16), v128.load(b, 16), rests, weights), 16);
    v128.store(y, mixed(v128.load(a, 32), v128.load(b, 32), rests, weights), 32);
    v128.store(y, mixed(v128.load(a, 48), v128.load(b, 48), rests, weights), 48);
  }
  for (; y < end; y += 16, a += 16, b += 16) {
    v128.store(y, mixed(v128.load(a), v128.load(b), rests, weights));
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
  const length = d.outWidth * d.channels;
  const gradient = d.gradient + image * d.outHeight * (length << 2);
  collect(d.rows, d.rowWeights, 0, d.outHeight, row, gradient, length, scratch, scratch + (length << 2));
  let xGradient = d.xGradient + block * d.inWidth * pixelBytes;
  const rowEnd = xGradient + d.inWidth * pixelBytes;
  let first = 0;
  for (let column = 0; column < d.inWidth; column++) {
    if (d.channels <= 4) first = collectPixel(d, first, column, scratch, xGradient, rowEnd);
    else first = collect(d.columns, d.columnWeights, first, d.outWidth, column, scratch, d.channels, xGradient, rowEnd);
    xGradient += pixelBytes;
  }
}

/** As `collect`, for a pixel of at most four channels, which one vector holds. */
// @ts-ignore: decorator
@inline
function collectPixel(
  d: InterpolateGradient,
  first: i32,
  column: i32,
  x: usize,
  y: usize,
  free: usize,
): i32 {
  let sum = f32x4.splat(0);
  for (let i = first; i < d.outWidth; i++) {
    const from = load<i32>(d.columns + (i << 2));
    if (from > column) break;
    if (from < column) first = i + 1;
    if (from < column - 1) continue;
    const v = load<f32>(d.columnWeights + (i << 2));
    const weight: f32 = from == column ? 1 - v : v;
    // Loads may reach beyond a row.
    if (weight != 0) sum = f32x4.add(sum, f32x4.mul(f32x4.splat(weight), v128.load(x + i * (d.channels << 2))));
  }
  if (d.channels == 4 || y + 16 <= free) v128.store(y, sum);
  else storeTail(y, sum, d.channels);
  return first;
}

/**
 * The weighted sum, in their order, of those of `count` lines of `length` words at x in which this line has a part;
 * tables rise, and the lines before `first` are known to lie before it. What lies behind y, before `free`, may be
 * overwritten.
 *
 * @returns The first line that may have to do with the next one.
 */
function collect(
  table: usize,
  weights: usize,
  first: i32,
  count: i32,
  line: i32,
  x: usize,
  length: i32,
  y: usize,
  free: usize,
): i32 {
  let isFirst = true;
  let waits = false;
  let waiting: usize = x;
  let waitingWeight: f32 = 0;
  for (let i = first; i < count; i++) {
    const from = load<i32>(table + (i << 2));
    if (from > line) break;
    if (from < line) first = i + 1;
    if (from < line - 1) continue;
    const v = load<f32>(weights + (i << 2));
    const weight: f32 = from == line ? 1 - v : v;
    if (weight == 0) continue;
    const at = x + ((i * length) << 2);
    if (!waits) {
      waiting = at;
      waitingWeight = weight;
    } else {
      if (isFirst) addScaled(true, 2, waiting, waitingWeight, at, weight, length, y, free);
      else addScaled(false, 2, waiting, waitingWeight, at, weight, length, y, free);
      isFirst = false;
    }
    waits = !waits;
  }
  if (waits) {
    if (isFirst) addScaled(true, 1, waiting, waitingWeight, waiting, 0, length, y, free);
    else addScaled(false, 1, waiting, waitingWeight, waiting, 0, length, y, free);
  } else if (isFirst) fillWords(y, 0, length << 2);
  return first;
}

/** y, unless zero for the first, plus weight0 * x0, and plus weight1 * x1 if there are two. */
// @ts-ignore: decorator
@inline
function addScaled(
  isFirst: bool,
  count: i32,
  x0: usize,
  weight0: f32,
  x1: usize,
  weight1: f32,
  length: i32,
  y: usize,
  free: usize,
): void {
  const weights0 = f32x4.splat(weight0);
  const weights1 = f32x4.splat(weight1);
  const end = y + (length << 2);
  for (const pairsEnd = y + ((length & ~7) << 2); y < pairsEnd; y += 32) {
    let sum0 = f32x4.add(isFirst ? f32x4.splat(0) : v128.load(y), f32x4.mul(weights0, v128.load(x0)));
    let sum1 = f32x4.add(isFirst ? f32x4.splat(0) : v128.load(y, 16), f32x4.mul(weights0, v128.load(x0, 16)));
    if (count > 1) {
      sum0 = f32x4.add(sum0, f32x4.mul(weights1, v128.load(x1)));
      sum1 = f32x4.add(sum1, f32x4.mul(weights1, v128.load(x1, 16)));
      x1 += 32;
    }
    v128.store(y, sum0);
    v128.store(y, sum1, 16);
    x0 += 32;
  }
  // Whole vectors if they may reach beyond, as loads may.
  for (const vectorsEnd = min(end, free - 15); y < vectorsEnd; y += 16) {
    let sum = f32x4.add(isFirst ? f32x4.splat(0) : v128.load(y), f32x4.mul(weights0, v128.load(x0)));
    if (count > 1) sum = f32x4.add(sum, f32x4.mul(weights1, v128.load(x1)));
    v128.store(y, sum);
    x0 += 16;
    if (count > 1) x1 += 16;
  }
  // One by one, because a vector cannot be loaded soon from where its lanes were stored singly.
  for (; y < end; y += 4, x0 += 4) {
    let sum = (isFirst ? <f32>0 : load<f32>(y)) + weight0 * load<f32>(x0);
    if (count > 1) {
      sum += weight1 * load<f32>(x1);
      x1 += 4;
    }
    store<f32>(y, sum);
  }
}
