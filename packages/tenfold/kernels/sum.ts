// y[outer, inner] = scale * sum over the middle axis of x[outer, reduce, inner], or of x * times: partial sums of parts of that axis, whose
// number depends on the sizes alone, then their sum in order.

import { sumInOrder, sumRows } from './lib/row-sums';
import { CHUNK, ceilDivide, lanesSum } from './lib/vector';

// @ts-ignore: decorator
@unmanaged
class Sum {
  x: usize;
  times: usize;
  y: usize;
  outer: i32;
  reduce: i32;
  inner: i32;
  scale: f32;
  workspace: usize;
}

const MAX_PARTS: i32 = 64;
/** Inner elements that are summed together, so that their sums stay in the nearest cache. */
const COLUMNS: i32 = 1024;
/** Rows of fewer inner elements are summed several side by side, about so many elements together. */
const NARROW: i32 = 32;

function parts(d: Sum): i32 {
  const perOuter = ceilDivide(MAX_PARTS, max(1, d.outer));
  return max(1, min(min(perOuter, d.reduce), i32((i64(d.reduce) * d.inner) / 4096)));
}

/** How many narrow rows are summed side by side. */
function abreast(d: Sum): i32 {
  return d.inner > 1 && d.inner < NARROW && d.reduce > 2 * NARROW ? (2 * NARROW) / d.inner : 1;
}

/** Sums that all parts of an outer index leave for each result. */
function partials(d: Sum): i32 {
  return parts(d) * abreast(d);
}

/** Outer indices, or their parts, that share a block. */
function perBlock(d: Sum): i32 {
  return max(1, i32(i64(CHUNK) / max<i64>(1, (i64(d.reduce) * d.inner) / parts(d))));
}

export function sumWorkspace(d: Sum): i32 {
  const count = partials(d);
  return count == 1 ? 0 : d.outer * count * d.inner * 4;
}

export function sumBlocks(d: Sum, phase: i32): i32 {
  if (phase == 0) return ceilDivide(d.outer * parts(d), perBlock(d));
  return phase == 1 && partials(d) > 1 ? ceilDivide(d.outer * d.inner, CHUNK) : -1;
}

export function sum(d: Sum, phase: i32, block: i32, scratch: usize): void {
  const count = parts(d);
  if (phase == 1) return sumParts(d, count * abreast(d), block);
  const end = min(d.outer * count, (block + 1) * perBlock(d));
  const rows = abreast(d);
  const only = count * rows == 1;
  const to = only ? d.y : d.workspace;
  const scale: f32 = only ? d.scale : 1;
  for (let index = block * perBlock(d); index < end; index++) {
    const outer = index / count;
    const part = index - outer * count;
    const first = i32((i64(d.reduce) * part) / count);
    const last = i32((i64(d.reduce) * (part + 1)) / count);
    const offset = (outer * d.reduce + first) * d.inner * 4;
    const y = to + index * rows * d.inner * 4;
    if (d.times) sumProducts(d.x + offset, d.times + offset, last - first, d.inner, rows, scale, y);
    else sumPart(d.x + offset, last - first, d.inner, rows, scale, y);
  }
}

/** Of rows of `inner` elements, `abreast` of them side by side. */
function sumPart(x: usize, rows: i32, inner: i32, abreast: i32, scale: f32, y: usize): void {
  if (inner == 1) {
    store<f32>(y, sumRow(x, rows) * scale);
    return;
  }
  const length = inner * abreast;
  const full = rows / abreast;
  if (length <= COLUMNS) sumInOrder(x, full, length, scale, y);
  else {
    for (let column = 0; column < length; column += COLUMNS) {
      sumRows(x + (column << 2), full, length << 2, min(COLUMNS, length - column), scale, y + (column << 2));
    }
  }
  x += full * length * 4;
  for (let i = (rows - full * abreast) * inner; i > 0; i--, x += 4, y += 4) {
    store<f32>(y, load<f32>(y) + load<f32>(x));
  }
}

function sumProducts(
  x: usize,
  times: usize,
  rows: i32,
  inner: i32,
  abreast: i32,
  scale: f32,
  y: usize,
): void {
  if (inner == 1) {
    store<f32>(y, productRow(x, times, rows) * scale);
    return;
  }
  memory.fill(y, 0, (inner * abreast) << 2);
  for (let left = rows * inner; left > 0; ) {
    // Of the last rows there may be fewer than are summed side by side.
    const length = min(left, inner * abreast);
    addProducts(x, times, length, y);
    x += length << 2;
    times += length << 2;
    left -= length;
  }
  if (scale != 1) sumRows(y, 1, 0, inner, scale, y);
}

/** y += x * times, row by row. */
function addProducts(x: usize, times: usize, length: i32, y: usize): void {
  for (; length >= 8; length -= 8, x += 32, times += 32, y += 32) {
    v128.store(y, f32x4.add(v128.load(y), f32x4.mul(v128.load(x), v128.load(times))));
    v128.store(y, f32x4.add(v128.load(y, 16), f32x4.mul(v128.load(x, 16), v128.load(times, 16))), 16);
  }
  for (; length > 0; length--, x += 4, times += 4, y += 4) {
    store<f32>(y, load<f32>(y) + load<f32>(x) * load<f32>(times));
  }
}

/** Four vectors at once, because each addition waits for the one before. */
function sumRow(x: usize, length: i32): f32 {
  const end = x + (length << 2);
  let a = f32x4.splat(0);
  let b = a;
  let c = a;
  let e = a;
  for (; x + 64 <= end; x += 64) {
    a = f32x4.add(a, v128.load(x));
    b = f32x4.add(b, v128.load(x, 16));
    c = f32x4.add(c, v128.load(x, 32));
    e = f32x4.add(e, v128.load(x, 48));
  }
  for (; x + 16 <= end; x += 16) a = f32x4.add(a, v128.load(x));
  let total = lanesSum(f32x4.add(f32x4.add(a, b), f32x4.add(c, e)));
  for (; x < end; x += 4) total += load<f32>(x);
  return total;
}

function productRow(x: usize, times: usize, length: i32): f32 {
  const end = x + (length << 2);
  let a = f32x4.splat(0);
  let b = a;
  for (; x + 32 <= end; x += 32, times += 32) {
    a = f32x4.add(a, f32x4.mul(v128.load(x), v128.load(times)));
    b = f32x4.add(b, f32x4.mul(v128.load(x, 16), v128.load(times, 16)));
  }
  let total = lanesSum(f32x4.add(a, b));
  for (; x < end; x += 4, times += 4) total += load<f32>(x) * load<f32>(times);
  return total;
}

function sumParts(d: Sum, count: i32, block: i32): void {
  const end = min(d.outer * d.inner, (block + 1) * CHUNK);
  let i = block * CHUNK;
  while (i < end) {
    const outer = i / d.inner;
    const column = i - outer * d.inner;
    const length = min(end - i, d.inner - column);
    const from = d.workspace + (outer * count * d.inner + column) * 4;
    sumRows(from, count, d.inner << 2, length, d.scale, d.y + (i << 2));
    i += length;
  }
}
