// Normalisation of rows of channels, channels in vector lanes: statistics of parts of the rows, then of all of them (Chan,
// Golub and LeVeque 1983, equation 2.1), then the rows again. Backwards the same with sums of gradients.
//
// Results for each channel lie in rows, too. What a part leaves is two rows, and the parts follow one another.

import { ceilDivide, loadTail, storeTail } from './vector';

const MIN_ROWS: i32 = 64;

/** Rows in every part but the last, if there are to be `maxParts` at most: by sizes alone. */
export function rowsPerPart(rows: i32, maxParts: i32): i32 {
  return max(MIN_ROWS, ceilDivide(rows, maxParts));
}

export function partsOf(rows: i32, maxParts: i32): i32 {
  return ceilDivide(rows, rowsPerPart(rows, maxParts));
}

export function rowsOfPart(rows: i32, maxParts: i32, part: i32): i32 {
  return min(rowsPerPart(rows, maxParts), rows - part * rowsPerPart(rows, maxParts));
}

/** The mean of each channel over the rows of a part, then the sum of squared differences from it. */
export function partStatistics(x: usize, rows: i32, channels: i32, mean: usize): void {
  const bytes = channels << 2;
  const vectors = bytes & ~15;
  const squares = mean + bytes;
  const divisor = f32x4.splat(f32(rows));
  memory.fill(mean, 0, bytes * 2);
  for (let row = 0, from = x; row < rows; row++, from += bytes) {
    for (let c = 0; c < vectors; c += 16) v128.store(mean + c, f32x4.add(v128.load(mean + c), v128.load(from + c)));
  }
  for (let c = 0; c < vectors; c += 16) v128.store(mean + c, f32x4.div(v128.load(mean + c), divisor));
  for (let row = 0, from = x; row < rows; row++, from += bytes) {
    for (let c = 0; c < vectors; c += 16) {
      v128.store(squares + c, addSquare(v128.load(squares + c), v128.load(from + c), v128.load(mean + c)));
    }
  }
  const rest = channels & 3;
  if (rest == 0) return;
  // The last channels all the way down: they fit into one register.
  let total = f32x4.splat(0);
  for (let row = 0, from = x + vectors; row < rows; row++, from += bytes) total = f32x4.add(total, loadTail(from, rest));
  const tailMean = f32x4.div(total, divisor);
  total = f32x4.splat(0);
  for (let row = 0, from = x + vectors; row < rows; row++, from += bytes) {
    total = addSquare(total, loadTail(from, rest), tailMean);
  }
  storeTail(mean + vectors, tailMean, rest);
  storeTail(squares + vectors, total, rest);
}

// @ts-ignore: decorator
@inline
function addSquare(total: v128, x: v128, mean: v128): v128 {
  const difference = f32x4.sub(x, mean);
  return f32x4.add(total, f32x4.mul(difference, difference));
}

/** The mean of channel c over all rows, from the `statistics` of their parts. */
export function meanOfParts(statistics: usize, rows: i32, maxParts: i32, channels: i32, c: i32): f64 {
  let total: f64 = 0;
  for (let part = 0, parts = partsOf(rows, maxParts); part < parts; part++) {
    const mean = load<f32>(statistics + (part * 2 * channels + c << 2));
    total += f64(rowsOfPart(rows, maxParts, part)) * f64(mean);
  }
  return total / f64(rows);
}

/** The sum over all rows of the squared differences of channel c from `mean`, which may be any number. */
export function squaresOfParts(
  statistics: usize,
  rows: i32,
  maxParts: i32,
  channels: i32,
  c: i32,
  mean: f64,
): f64 {
  let total: f64 = 0;
  for (let part = 0, parts = partsOf(rows, maxParts); part < parts; part++) {
    const at = statistics + (part * 2 * channels + c << 2);
    const shift = f64(load<f32>(at)) - mean;
    const squares = load<f32>(at + (channels << 2));
    total += f64(squares) + f64(rowsOfPart(rows, maxParts, part)) * shift * shift;
  }
  return total;
}

/** y = (x - mean) * factor + bias; `bias` is 0 where there is none. */
export function normaliseRows(
  x: usize,
  rows: i32,
  channels: i32,
  mean: usize,
  factor: usize,
  bias: usize,
  y: usize,
): void {
  const bytes = channels << 2;
  const vectors = bytes & ~15;
  const rest = channels & 3;
  for (let row = 0; row < rows; row++) {
    for (let c = 0; c < vectors; c += 16) {
      const scaled = f32x4.mul(f32x4.sub(v128.load(x + c), v128.load(mean + c)), v128.load(factor + c));
      v128.store(y + c, bias ? f32x4.add(scaled, v128.load(bias + c)) : scaled);
    }
    if (rest) {
      const centred = f32x4.sub(loadTail(x + vectors, rest), loadTail(mean + vectors, rest));
      const scaled = f32x4.mul(centred, loadTail(factor + vectors, rest));
      storeTail(y + vectors, bias ? f32x4.add(scaled, loadTail(bias + vectors, rest)) : scaled, rest);
    }
    x += bytes;
    y += bytes;
  }
}

/** For each channel the sum over the rows of a part of the gradient, then of the gradient times (x - mean). */
export function partGradients(
  x: usize,
  gradient: usize,
  rows: i32,
  channels: i32,
  mean: usize,
  sums: usize,
): void {
  const bytes = channels << 2;
  const vectors = bytes & ~15;
  const products = sums + bytes;
  memory.fill(sums, 0, bytes * 2);
  for (let row = 0, offset = 0; row < rows; row++, offset += bytes) {
    for (let c = 0; c < vectors; c += 16) {
      const g = v128.load(gradient + offset + c);
      const product = f32x4.mul(g, f32x4.sub(v128.load(x + offset + c), v128.load(mean + c)));
      v128.store(sums + c, f32x4.add(v128.load(sums + c), g));
      v128.store(products + c, f32x4.add(v128.load(products + c), product));
    }
  }
  const rest = channels & 3;
  if (rest == 0) return;
  const tailMean = loadTail(mean + vectors, rest);
  let sum = f32x4.splat(0);
  let product = f32x4.splat(0);
  for (let row = 0, offset = vectors; row < rows; row++, offset += bytes) {
    const g = loadTail(gradient + offset, rest);
    sum = f32x4.add(sum, g);
    product = f32x4.add(product, f32x4.mul(g, f32x4.sub(loadTail(x + offset, rest), tailMean)));
  }
  storeTail(sums + vectors, sum, rest);
  storeTail(products + vectors, product, rest);
}

/** The sum of channel c over all parts, from what `partGradients` left. */
export function sumOfParts(sums: usize, parts: i32, channels: i32, c: i32): f64 {
  let total: f64 = 0;
  for (let part = 0; part < parts; part++) total += f64(load<f32>(sums + (part * 2 * channels + c << 2)));
  return total;
}

/** gradient(x) = (gradient * scale - shift - (x - mean) * slope) * factor; `scale` is 0 where it is 1 everywhere. */
export function inputGradients(
  x: usize,
  gradient: usize,
  rows: i32,
  channels: i32,
  mean: usize,
  scale: usize,
  shift: usize,
  slope: usize,
  factor: usize,
  xGradient: usize,
): void {
  const bytes = channels << 2;
  const vectors = bytes & ~15;
  const rest = channels & 3;
  for (let row = 0; row < rows; row++) {
    for (let c = 0; c < vectors; c += 16) {
      let g = v128.load(gradient + c);
      if (scale) g = f32x4.mul(g, v128.load(scale + c));
      const centred = f32x4.sub(v128.load(x + c), v128.load(mean + c));
      const left = remaining(g, centred, v128.load(shift + c), v128.load(slope + c));
      v128.store(xGradient + c, f32x4.mul(left, v128.load(factor + c)));
    }
    if (rest) {
      let g = loadTail(gradient + vectors, rest);
      if (scale) g = f32x4.mul(g, loadTail(scale + vectors, rest));
      const centred = f32x4.sub(loadTail(x + vectors, rest), loadTail(mean + vectors, rest));
      const left = remaining(g, centred, loadTail(shift + vectors, rest), loadTail(slope + vectors, rest));
      storeTail(xGradient + vectors, f32x4.mul(left, loadTail(factor + vectors, rest)), rest);
    }
    x += bytes;
    gradient += bytes;
    xGradient += bytes;
  }
}

// @ts-ignore: decorator
@inline
function remaining(gradient: v128, centred: v128, shift: v128, slope: v128): v128 {
  return f32x4.sub(f32x4.sub(gradient, shift), f32x4.mul(centred, slope));
}
