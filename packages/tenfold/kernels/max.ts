// y[outer, inner] = max over the middle axis of x[outer, reduce, inner], and where it is: first the maxima of parts of
// that axis, whose number depends on the sizes alone, then the best of them. Of equal elements the first counts; NaN counts
// as the largest. argmax has no y.

import { CHUNK, ceilDivide } from './lib/vector';

// @ts-ignore: decorator
@unmanaged
class Maximum {
  x: usize;
  y: usize;
  indices: usize;
  outer: i32;
  reduce: i32;
  inner: i32;
  workspace: usize;
}

const MAX_PARTS: i32 = 64;

/** Inner indices in a block. */
const COLUMNS: i32 = 2048;

/** Parts of the reduced axis: few enough that what they leave is small beside x. */
function parts(d: Maximum): i32 {
  const perOuter = ceilDivide(MAX_PARTS, max(1, d.outer));
  return max(1, min(min(perOuter, d.reduce / 16), i32((i64(d.reduce) * d.inner) / 4096)));
}

/** The maxima of all parts come first, then their indices. */
export function maximumWorkspace(d: Maximum): i32 {
  return d.outer * parts(d) * d.inner * 8;
}

/** Rows, which are the parts of all outer indices, in a block. */
function rowsPerBlock(d: Maximum, parts: i32): i32 {
  return max(1, CHUNK / (ceilDivide(d.reduce, parts) * max(1, d.inner)));
}

export function maximumBlocks(d: Maximum, phase: i32): i32 {
  const count = parts(d);
  if (phase == 0) return ceilDivide(d.outer * count, rowsPerBlock(d, count)) * ceilDivide(d.inner, COLUMNS);
  // A single part is the result.
  if (phase == 1) return count == 1 ? 0 : ceilDivide(d.outer * d.inner, CHUNK);
  return -1;
}

export function maximum(d: Maximum, phase: i32, block: i32, scratch: usize): void {
  if (phase == 1) {
    maximumOfParts(d, block);
    return;
  }
  const count = parts(d);
  const chunks = ceilDivide(d.inner, COLUMNS);
  const perBlock = rowsPerBlock(d, count);
  const blockOfRows = block / chunks;
  const first = (block - blockOfRows * chunks) * COLUMNS;
  const end = min(d.outer * count, (blockOfRows + 1) * perBlock);
  for (let row = blockOfRows * perBlock; row < end; row++) maximumOfPart(d, count, row, first);
}

/** Inner indices from `firstColumn` on. */
function maximumOfPart(d: Maximum, count: i32, row: i32, firstColumn: i32): void {
  const outer = row / count;
  const part = row - outer * count;
  const first = i32((i64(d.reduce) * part) / count);
  const end = i32((i64(d.reduce) * (part + 1)) / count);
  const x = d.x + outer * d.reduce * d.inner * 4;
  const at: usize = row * d.inner * 4;
  const y = at + (count == 1 && d.y != 0 ? d.y : d.workspace);
  const indices = at + (count == 1 ? d.indices : d.workspace + <usize>(d.outer * count * d.inner * 4));
  if (d.inner == 1 && end - first >= 4) {
    alongRow(x, first, end, y, indices);
    return;
  }
  const last = min(d.inner, firstColumn + COLUMNS);
  let i = firstColumn;
  for (; i + 4 <= last; i += 4) downColumns(x + (i << 2), first, end, d.inner, y + (i << 2), indices + (i << 2));
  for (; i < last; i++) downColumn(x + (i << 2), first, end, d.inner, y + (i << 2), indices + (i << 2));
}

// @ts-ignore: decorator
@inline
function isBetter(x: f32, than: f32): bool {
  return x > than || (x != x && than == than);
}

// @ts-ignore: decorator
@inline
function areBetter(x: v128, than: v128): v128 {
  return v128.or(f32x4.gt(x, than), v128.and(f32x4.ne(x, x), f32x4.eq(than, than)));
}

/** One column of rows that are `inner` elements long. */
function downColumn(x: usize, first: i32, end: i32, inner: i32, y: usize, index: usize): void {
  let from = x + ((first * inner) << 2);
  let largest = load<f32>(from);
  let where = first;
  for (let r = first + 1; r < end; r++) {
    from += inner << 2;
    const value = load<f32>(from);
    if (isBetter(value, largest)) {
      largest = value;
      where = r;
    }
  }
  store<f32>(y, largest);
  store<i32>(index, where);
}

/** Four columns at once. */
function downColumns(x: usize, first: i32, end: i32, inner: i32, y: usize, index: usize): void {
  let from = x + ((first * inner) << 2);
  let largest = v128.load(from);
  let where = i32x4.splat(first);
  for (let r = first + 1; r < end; r++) {
    from += inner << 2;
    const values = v128.load(from);
    const better = areBetter(values, largest);
    largest = v128.bitselect(values, largest, better);
    where = v128.bitselect(i32x4.splat(r), where, better);
  }
  v128.store(y, largest);
  v128.store(index, where);
}

/** A row of at least four elements: first how large the maximum is, then where. */
function alongRow(x: usize, first: i32, end: i32, y: usize, index: usize): void {
  const start = x + (first << 2);
  const last = x + (end << 2) - 16;
  let from = start;
  // Two rows of maxima, because each waits for the one before. pmax is one instruction; NaN is looked for apart.
  let largest = v128.load(last);
  let others = largest;
  let unordered = f32x4.ne(largest, largest);
  for (; from + 16 <= last; from += 32) {
    const values = v128.load(from);
    const next = v128.load(from, 16);
    largest = f32x4.pmax(largest, values);
    others = f32x4.pmax(others, next);
    unordered = v128.or(unordered, v128.or(f32x4.ne(values, values), f32x4.ne(next, next)));
  }
  if (from < last) {
    const values = v128.load(from);
    largest = f32x4.pmax(largest, values);
    unordered = v128.or(unordered, f32x4.ne(values, values));
  }
  const hasNaN = v128.any_true(unordered);
  largest = f32x4.pmax(largest, others);
  largest = f32x4.pmax(largest, v128.shuffle<f32>(largest, largest, 2, 3, 0, 1));
  largest = f32x4.pmax(largest, v128.shuffle<f32>(largest, largest, 1, 0, 3, 2));
  // One of the row's elements is met before those that loads find beyond it.
  from = start;
  let places = hasNaN ? whichAreNaN(from) : whichAreEqual(from, largest);
  while (places == 0) {
    from += 64;
    places = hasNaN ? whichAreNaN(from) : whichAreEqual(from, largest);
  }
  const at = first + i32((from - start) >> 2) + ctz(places);
  store<f32>(y, load<f32>(x + (at << 2)));
  store<i32>(index, at);
}

/** A bit for each of sixteen elements that equals `largest`. */
// @ts-ignore: decorator
@inline
function whichAreEqual(x: usize, largest: v128): i32 {
  return places(
    f32x4.eq(v128.load(x), largest),
    f32x4.eq(v128.load(x, 16), largest),
    f32x4.eq(v128.load(x, 32), largest),
    f32x4.eq(v128.load(x, 48), largest),
  );
}

/** A bit for each of sixteen elements that is NaN. */
function whichAreNaN(x: usize): i32 {
  const a = v128.load(x);
  const b = v128.load(x, 16);
  const c = v128.load(x, 32);
  const d = v128.load(x, 48);
  return places(f32x4.ne(a, a), f32x4.ne(b, b), f32x4.ne(c, c), f32x4.ne(d, d));
}

// @ts-ignore: decorator
@inline
function places(a: v128, b: v128, c: v128, d: v128): i32 {
  return i8x16.bitmask(i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(c, d)));
}

function maximumOfParts(d: Maximum, block: i32): void {
  const count = parts(d);
  const end = min(d.outer * d.inner, (block + 1) * CHUNK);
  const toIndices = d.outer * count * d.inner * 4;
  for (let i = block * CHUNK; i < end; i++) {
    const outer = i / d.inner;
    let from = d.workspace + (outer * count * d.inner + (i - outer * d.inner)) * 4;
    let largest = load<f32>(from);
    let where = load<i32>(from + toIndices);
    for (let part = 1; part < count; part++) {
      from += d.inner << 2;
      const value = load<f32>(from);
      if (isBetter(value, largest)) {
        largest = value;
        where = load<i32>(from + toIndices);
      }
    }
    if (d.y != 0) store<f32>(d.y + (i << 2), largest);
    store<i32>(d.indices + (i << 2), where);
  }
}

// @ts-ignore: decorator
@unmanaged
class MaximumGradient {
  indices: usize;
  gradient: usize;
  xGradient: usize;
  outer: i32;
  reduce: i32;
  inner: i32;
}

/** Outer indices in a block, which owns all that they reduce. */
function outersPerBlock(d: MaximumGradient): i32 {
  return max(1, CHUNK / max(1, d.reduce * d.inner));
}

export function maximumGradientBlocks(d: MaximumGradient, phase: i32): i32 {
  return phase == 0 ? ceilDivide(d.outer, outersPerBlock(d)) : -1;
}

export function maximumGradient(d: MaximumGradient, phase: i32, block: i32, scratch: usize): void {
  const perBlock = outersPerBlock(d);
  const first = block * perBlock;
  const end = min(d.outer, first + perBlock);
  const size = d.reduce * d.inner;
  memory.fill(d.xGradient + first * size * 4, 0, (end - first) * size * 4);
  for (let outer = first; outer < end; outer++) {
    const xGradient = d.xGradient + outer * size * 4;
    for (let i = 0; i < d.inner; i++) {
      const result = (outer * d.inner + i) << 2;
      const to = xGradient + ((load<i32>(d.indices + result) * d.inner + i) << 2);
      store<f32>(to, load<f32>(d.gradient + result));
    }
  }
}
