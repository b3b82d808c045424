// Normalisation of rows of channels, channels in vector lanes: statistics of parts of the rows, then of all of them (Chan,
// Golub and LeVeque 1983, equation 2.1), then the rows again. Backwards the same with sums of gradients.
//
// Results for each channel lie in rows, too. What a part leaves is two rows, and one for its own use. Sums lie in memory, so
// a few rows are added up before they meet them, and no two parts' sums share a cache line.

import {
  activateInPlace,
  limit,
  limitGradient,
  lowerLimit,
  NONE,
  onlyLimits,
  pullInPlace,
  upperLimit,
} from './activation';
import { ceilDivide, loadTail, storeTail } from './vector';

const MIN_ROWS: i32 = 64;

/** Their mean is near that of all rows of a part, whatever one of them is. */
const PIVOT_ROWS: i32 = 8;

/** More numbers than this in a part do not stay in cache. */
const LONG: i32 = 65536;
/** Rows of fewer numbers are too short to be gone over singly, and those of more are read in order in any case. */
const SHORT: i32 = 32;
const WIDE: i32 = 512;

/**
 * Up to which row several may be gone over at once, which takes fewer instructions. Not so in slow memory: rows one after the
 * other are read as hardware fetches ahead.
 */
function togetherOf(rows: i32, channels: i32): i32 {
  return rows * channels > LONG && channels >= SHORT && channels <= WIDE ? 0 : rows;
}

/** What is gone over twice is done in so many numbers at a time, to be still in the nearest cache. */
const RUN: i32 = 2048;

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

/** From what a part leaves to what the next one does. */
export function partBytes(channels: i32): i32 {
  return (12 * channels + 127) & ~63;
}

/**
 * The mean of each channel over the rows of a part, then the sum of squared differences from it. Both come from one pass
 * over the differences from the mean of the first rows (Chan, Golub and LeVeque 1983, section 3, on shifted data).
 */
export function partStatistics(x: usize, rows: i32, channels: i32, mean: usize): void {
  const bytes = channels << 2;
  const vectors = bytes & ~15;
  const squares = mean + bytes;
  const pivots = squares + bytes;
  memory.fill(mean, 0, bytes * 2);
  const first = min(PIVOT_ROWS, rows);
  for (let c = 0; c < vectors; c += 16) {
    let sum = f32x4.splat(0);
    for (let at = x + c, end = at + first * bytes; at < end; at += bytes) sum = f32x4.add(sum, v128.load(at));
    v128.store(pivots + c, f32x4.div(sum, f32x4.splat(f32(first))));
  }
  let from = x;
  let row = 0;
  const together = togetherOf(rows, channels);
  for (; row + 4 <= together; row += 4, from += bytes << 2) {
    let at = from;
    for (let c = 0; c < vectors; c += 16, at += 16) {
      const pivot = v128.load(pivots + c);
      const d0 = f32x4.sub(v128.load(at), pivot);
      const d1 = f32x4.sub(v128.load(at + bytes), pivot);
      const d2 = f32x4.sub(v128.load(at + 2 * bytes), pivot);
      const d3 = f32x4.sub(v128.load(at + 3 * bytes), pivot);
      addTo(mean + c, f32x4.add(f32x4.add(d0, d1), f32x4.add(d2, d3)));
      addTo(squares + c, f32x4.add(f32x4.add(square(d0), square(d1)), f32x4.add(square(d2), square(d3))));
    }
  }
  for (; row < rows; row++, from += bytes) {
    for (let c = 0; c < vectors; c += 16) {
      const difference = f32x4.sub(v128.load(from + c), v128.load(pivots + c));
      addTo(mean + c, difference);
      addTo(squares + c, square(difference));
    }
  }
  const count = f32x4.splat(f32(rows));
  for (let c = 0; c < vectors; c += 16) {
    const sum = v128.load(mean + c);
    v128.store(mean + c, f32x4.add(v128.load(pivots + c), f32x4.div(sum, count)));
    v128.store(squares + c, aboutMean(v128.load(squares + c), sum, count));
  }
  const rest = channels & 3;
  if (rest == 0) return;
  // The last channels all the way down: they fit into one register.
  from = x + vectors;
  let sum = f32x4.splat(0);
  for (let end = from + first * bytes; from < end; from += bytes) sum = f32x4.add(sum, loadTail(from, rest));
  const pivot = f32x4.div(sum, f32x4.splat(f32(first)));
  sum = f32x4.splat(0);
  let total = f32x4.splat(0);
  from = x + vectors;
  for (row = 0; row < rows; row++, from += bytes) {
    const difference = f32x4.sub(loadTail(from, rest), pivot);
    sum = f32x4.add(sum, difference);
    total = f32x4.add(total, square(difference));
  }
  storeTail(mean + vectors, f32x4.add(pivot, f32x4.div(sum, count)), rest);
  storeTail(squares + vectors, aboutMean(total, sum, count), rest);
}

// @ts-ignore: decorator
@inline
function addTo(at: usize, v: v128): void {
  v128.store(at, f32x4.add(v128.load(at), v));
}

// @ts-ignore: decorator
@inline
function square(v: v128): v128 {
  return f32x4.mul(v, v);
}

/** The sum of squared differences from the mean, from those of another number and the sum of the differences from it. */
// @ts-ignore: decorator
@inline
function aboutMean(squares: v128, sum: v128, count: v128): v128 {
  return f32x4.pmax(f32x4.sub(squares, f32x4.div(square(sum), count)), f32x4.splat(0));
}

/** The mean of channel c over all rows, from the `statistics` of their parts. */
export function meanOfParts(statistics: usize, rows: i32, maxParts: i32, channels: i32, c: i32): f64 {
  const perPart = rowsPerPart(rows, maxParts);
  let at = statistics + (c << 2);
  let total: f64 = 0;
  for (let left = rows; left > 0; left -= perPart, at += partBytes(channels)) {
    total += f64(min(left, perPart)) * f64(load<f32>(at));
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
  const perPart = rowsPerPart(rows, maxParts);
  let at = statistics + (c << 2);
  let total: f64 = 0;
  for (let left = rows; left > 0; left -= perPart, at += partBytes(channels)) {
    const shift = f64(load<f32>(at)) - mean;
    const squares = load<f32>(at + (channels << 2));
    total += f64(squares) + f64(min(left, perPart)) * shift * shift;
  }
  return total;
}

/**
 * y = activation((x - mean) * factor + bias + residual), where what is 0 stands for something without effect. Rows of x, of
 * the residual and of y lie `rowBytes` apart.
 */
export function normaliseRows(
  x: usize,
  rows: i32,
  channels: i32,
  rowBytes: i32,
  mean: usize,
  factor: usize,
  bias: usize,
  residual: usize,
  activation: i32,
  y: usize,
): void {
  if (onlyLimits(activation)) {
    normalise(x, rows, channels, rowBytes, mean, factor, bias, residual, activation, y);
    return;
  }
  const step = max(4, RUN / channels);
  for (let row = 0; row < rows; row += step) {
    const count = min(step, rows - row);
    const offset = row * rowBytes;
    const some = y + offset;
    normalise(x + offset, count, channels, rowBytes, mean, factor, bias, residual ? residual + offset : 0, NONE, some);
    if (rowBytes == channels << 2) activateInPlace(activation, some, count * channels);
    else for (let i = 0; i < count; i++) activateInPlace(activation, some + i * rowBytes, channels);
  }
}

function normalise(
  x: usize,
  rows: i32,
  channels: i32,
  rowBytes: i32,
  mean: usize,
  factor: usize,
  bias: usize,
  residual: usize,
  limits: i32,
  y: usize,
): void {
  const vectors = (channels << 2) & ~15;
  const lower = lowerLimit(limits);
  const upper = upperLimit(limits);
  const zero = f32x4.splat(0);
  const one = f32x4.splat(1);
  let row = 0;
  let offset = 0;
  const together = togetherOf(rows, channels);
  for (; row + 4 <= together; row += 4, offset += rowBytes << 2) {
    for (let c = 0; c < vectors; c += 16) {
      const m = mean ? v128.load(mean + c) : zero;
      const f = factor ? v128.load(factor + c) : one;
      const b = bias ? v128.load(bias + c) : zero;
      const at0 = offset + c;
      const at1 = at0 + rowBytes;
      const at2 = at1 + rowBytes;
      const at3 = at2 + rowBytes;
      let v0 = affine(v128.load(x + at0), m, f, b);
      let v1 = affine(v128.load(x + at1), m, f, b);
      let v2 = affine(v128.load(x + at2), m, f, b);
      let v3 = affine(v128.load(x + at3), m, f, b);
      if (residual) {
        v0 = f32x4.add(v0, v128.load(residual + at0));
        v1 = f32x4.add(v1, v128.load(residual + at1));
        v2 = f32x4.add(v2, v128.load(residual + at2));
        v3 = f32x4.add(v3, v128.load(residual + at3));
      }
      v128.store(y + at0, limit(v0, lower, upper));
      v128.store(y + at1, limit(v1, lower, upper));
      v128.store(y + at2, limit(v2, lower, upper));
      v128.store(y + at3, limit(v3, lower, upper));
    }
  }
  for (; row < rows; row++, offset += rowBytes) {
    for (let c = 0; c < vectors; c += 16) {
      const m = mean ? v128.load(mean + c) : zero;
      const f = factor ? v128.load(factor + c) : one;
      const b = bias ? v128.load(bias + c) : zero;
      let v = affine(v128.load(x + offset + c), m, f, b);
      if (residual) v = f32x4.add(v, v128.load(residual + offset + c));
      v128.store(y + offset + c, limit(v, lower, upper));
    }
  }
  const rest = channels & 3;
  if (rest == 0) return;
  const m = mean ? loadTail(mean + vectors, rest) : zero;
  const f = factor ? loadTail(factor + vectors, rest) : one;
  const b = bias ? loadTail(bias + vectors, rest) : zero;
  for (row = 0, offset = vectors; row < rows; row++, offset += rowBytes) {
    let v = affine(loadTail(x + offset, rest), m, f, b);
    if (residual) v = f32x4.add(v, loadTail(residual + offset, rest));
    storeTail(y + offset, limit(v, lower, upper), rest);
  }
}

// @ts-ignore: decorator
@inline
function affine(x: v128, mean: v128, factor: v128, bias: v128): v128 {
  return f32x4.add(f32x4.mul(f32x4.sub(x, mean), factor), bias);
}

/** Adds to `sums`, for each channel, the gradients of these rows, and behind them the gradients times (x - mean). */
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
  let row = 0;
  let offset = 0;
  const together = togetherOf(rows, channels);
  for (; row + 4 <= together; row += 4, offset += bytes << 2) {
    for (let c = 0; c < vectors; c += 16) {
      const centre = v128.load(mean + c);
      let at = offset + c;
      const g0 = v128.load(gradient + at);
      const p0 = f32x4.mul(g0, f32x4.sub(v128.load(x + at), centre));
      at += bytes;
      const g1 = v128.load(gradient + at);
      const p1 = f32x4.mul(g1, f32x4.sub(v128.load(x + at), centre));
      at += bytes;
      const g2 = v128.load(gradient + at);
      const p2 = f32x4.mul(g2, f32x4.sub(v128.load(x + at), centre));
      at += bytes;
      const g3 = v128.load(gradient + at);
      const p3 = f32x4.mul(g3, f32x4.sub(v128.load(x + at), centre));
      addTo(sums + c, f32x4.add(f32x4.add(g0, g1), f32x4.add(g2, g3)));
      addTo(products + c, f32x4.add(f32x4.add(p0, p1), f32x4.add(p2, p3)));
    }
  }
  for (; row < rows; row++, offset += bytes) {
    for (let c = 0; c < vectors; c += 16) {
      const g = v128.load(gradient + offset + c);
      addTo(sums + c, g);
      addTo(products + c, f32x4.mul(g, f32x4.sub(v128.load(x + offset + c), v128.load(mean + c))));
    }
  }
  const rest = channels & 3;
  if (rest == 0) return;
  const tailMean = loadTail(mean + vectors, rest);
  let sum = loadTail(sums + vectors, rest);
  let product = loadTail(products + vectors, rest);
  offset = vectors;
  for (row = 0; row < rows; row++, offset += bytes) {
    const g = loadTail(gradient + offset, rest);
    sum = f32x4.add(sum, g);
    product = f32x4.add(product, f32x4.mul(g, f32x4.sub(loadTail(x + offset, rest), tailMean)));
  }
  storeTail(sums + vectors, sum, rest);
  storeTail(products + vectors, product, rest);
}

/**
 * As `partGradients`, through an activation: `inner` becomes the gradient before it, and that is added up.
 *
 * @param y The results, where the activation has limits only and there was a residual; else 0.
 * @param residual What was added, where the activation is more than limits; else 0.
 */
export function partGradientsThrough(
  activation: i32,
  x: usize,
  gradient: usize,
  rows: i32,
  channels: i32,
  mean: usize,
  factor: usize,
  bias: usize,
  y: usize,
  residual: usize,
  inner: usize,
  sums: usize,
): void {
  if (onlyLimits(activation)) {
    limitedGradients(activation, x, gradient, rows, channels, mean, factor, bias, y, inner, sums);
    return;
  }
  const step = max(4, RUN / channels);
  for (let row = 0; row < rows; row += step) {
    const count = min(step, rows - row);
    const offset = (row * channels) << 2;
    const some = inner + offset;
    normalise(x + offset, count, channels, channels << 2, mean, factor, bias, residual ? residual + offset : 0, NONE, some);
    pullInPlace(activation, some, gradient + offset, count * channels);
    partGradients(x + offset, some, count, channels, mean, sums);
  }
}

function limitedGradients(
  limits: i32,
  x: usize,
  gradient: usize,
  rows: i32,
  channels: i32,
  mean: usize,
  factor: usize,
  bias: usize,
  y: usize,
  inner: usize,
  sums: usize,
): void {
  const bytes = channels << 2;
  const vectors = bytes & ~15;
  const products = sums + bytes;
  const lower = lowerLimit(limits);
  const upper = upperLimit(limits);
  let row = 0;
  let offset = 0;
  const together = togetherOf(rows, channels);
  for (; row + 2 <= together; row += 2, offset += bytes << 1) {
    for (let c = 0; c < vectors; c += 16) {
      const at0 = offset + c;
      const at1 = at0 + bytes;
      const m = v128.load(mean + c);
      const d0 = f32x4.sub(v128.load(x + at0), m);
      const d1 = f32x4.sub(v128.load(x + at1), m);
      let v0: v128;
      let v1: v128;
      if (y) {
        v0 = v128.load(y + at0);
        v1 = v128.load(y + at1);
      } else {
        // As `normalise` has it, to the bit.
        const f = v128.load(factor + c);
        const b = v128.load(bias + c);
        v0 = f32x4.add(f32x4.mul(d0, f), b);
        v1 = f32x4.add(f32x4.mul(d1, f), b);
      }
      const g0 = limitGradient(v0, v128.load(gradient + at0), lower, upper);
      const g1 = limitGradient(v1, v128.load(gradient + at1), lower, upper);
      v128.store(inner + at0, g0);
      v128.store(inner + at1, g1);
      addTo(sums + c, f32x4.add(g0, g1));
      addTo(products + c, f32x4.add(f32x4.mul(g0, d0), f32x4.mul(g1, d1)));
    }
  }
  for (; row < rows; row++, offset += bytes) {
    for (let c = 0; c < vectors; c += 16) {
      const at = offset + c;
      const d = f32x4.sub(v128.load(x + at), v128.load(mean + c));
      const v = y ? v128.load(y + at) : f32x4.add(f32x4.mul(d, v128.load(factor + c)), v128.load(bias + c));
      const g = limitGradient(v, v128.load(gradient + at), lower, upper);
      v128.store(inner + at, g);
      addTo(sums + c, g);
      addTo(products + c, f32x4.mul(g, d));
    }
  }
  const rest = channels & 3;
  if (rest == 0) return;
  const m = loadTail(mean + vectors, rest);
  const f = loadTail(factor + vectors, rest);
  const b = loadTail(bias + vectors, rest);
  let sum = loadTail(sums + vectors, rest);
  let product = loadTail(products + vectors, rest);
  for (row = 0, offset = vectors; row < rows; row++, offset += bytes) {
    const d = f32x4.sub(loadTail(x + offset, rest), m);
    const v = y ? loadTail(y + offset, rest) : f32x4.add(f32x4.mul(d, f), b);
    const g = limitGradient(v, loadTail(gradient + offset, rest), lower, upper);
    storeTail(inner + offset, g, rest);
    sum = f32x4.add(sum, g);
    product = f32x4.add(product, f32x4.mul(g, d));
  }
  storeTail(sums + vectors, sum, rest);
  storeTail(products + vectors, product, rest);
}

/** The sum of channel c over all parts, from what `partGradients` left. */
export function sumOfParts(sums: usize, parts: i32, channels: i32, c: i32): f64 {
  let total: f64 = 0;
  for (let part = 0; part < parts; part++) total += f64(load<f32>(sums + part * partBytes(channels) + (c << 2)));
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
  const one = f32x4.splat(1);
  let row = 0;
  let offset = 0;
  const together = togetherOf(rows, channels);
  for (; row + 2 <= together; row += 2, offset += bytes << 1) {
    for (let c = 0; c < vectors; c += 16) {
      const m = v128.load(mean + c);
      const g = scale ? v128.load(scale + c) : one;
      const sh = v128.load(shift + c);
      const sl = v128.load(slope + c);
      const f = v128.load(factor + c);
      const at0 = offset + c;
      const at1 = at0 + bytes;
      v128.store(xGradient + at0, remaining(v128.load(gradient + at0), g, v128.load(x + at0), m, sh, sl, f));
      v128.store(xGradient + at1, remaining(v128.load(gradient + at1), g, v128.load(x + at1), m, sh, sl, f));
    }
  }
  for (; row < rows; row++, offset += bytes) {
    for (let c = 0; c < vectors; c += 16) {
      const at = offset + c;
      const g = scale ? v128.load(scale + c) : one;
      const left = remaining(
        v128.load(gradient + at),
        g,
        v128.load(x + at),
        v128.load(mean + c),
        v128.load(shift + c),
        v128.load(slope + c),
        v128.load(factor + c),
      );
      v128.store(xGradient + at, left);
    }
  }
  const rest = channels & 3;
  if (rest == 0) return;
  const m = loadTail(mean + vectors, rest);
  const g = scale ? loadTail(scale + vectors, rest) : one;
  const sh = loadTail(shift + vectors, rest);
  const sl = loadTail(slope + vectors, rest);
  const f = loadTail(factor + vectors, rest);
  for (row = 0, offset = vectors; row < rows; row++, offset += bytes) {
    const left = remaining(loadTail(gradient + offset, rest), g, loadTail(x + offset, rest), m, sh, sl, f);
    storeTail(xGradient + offset, left, rest);
  }
}

// @ts-ignore: decorator
@inline
function remaining(
  gradient: v128,
  scale: v128,
  x: v128,
  mean: v128,
  shift: v128,
  slope: v128,
  factor: v128,
): v128 {
  const scaled = f32x4.sub(f32x4.mul(gradient, scale), shift);
  return f32x4.mul(f32x4.sub(scaled, f32x4.mul(f32x4.sub(x, mean), slope)), factor);
}
