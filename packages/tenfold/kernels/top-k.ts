// The k largest of each row, in order: of those that may be among them a heap of the best so far, whose top is the worst of
// them, then sorted by taking the top off again and again. Equal elements rank by their index, so any way to get there gives the same result.

import { CHUNK, ceilDivide } from './lib/vector';

// @ts-ignore: decorator
@unmanaged
class TopK {
  x: usize;
  values: usize;
  indices: usize;
  rows: i32;
  length: i32;
  k: i32;
}

// @ts-ignore: decorator
@inline
function rowsPerBlock(length: i32): i32 {
  return max(1, CHUNK / 4 / length);
}

export function topKBlocks(d: TopK, phase: i32): i32 {
  return phase == 0 ? ceilDivide(d.rows, rowsPerBlock(d.length)) : -1;
}

export function topK(d: TopK, phase: i32, block: i32, scratch: usize): void {
  const perBlock = rowsPerBlock(d.length);
  const end = min(d.rows, (block + 1) * perBlock);
  for (let row = block * perBlock; row < end; row++) {
    const offset = (row * d.k) << 2;
    largestOfRow(d.x + row * d.length * 4, d.length, d.k, d.values + offset, d.indices + offset);
  }
}

/** Whether element a at index i ranks before element b at index j. */
// @ts-ignore: decorator
@inline
function ranksBefore(a: f32, i: i32, b: f32, j: i32): bool {
  if (a > b) return true;
  if (a < b) return false;
  if (a != a && b == b) return true;
  if (b != b && a == a) return false;
  return i < j;
}

function largestOfRow(x: usize, length: i32, k: i32, values: usize, indices: usize): void {
  // A heap of what ranks behind everything.
  for (let i = 0; i < k << 2; i += 4) {
    store<f32>(values + i, -Infinity);
    store<i32>(indices + i, i32.MAX_VALUE);
  }
  let least = floor(x, length, k);
  let i = 0;
  for (; i + 16 <= length; i += 16) {
    let places = notBelow(x + (i << 2), least);
    if (places == 0) continue;
    for (; places != 0; places &= places - 1) {
      const place = i + ctz(places);
      offer(values, indices, k, load<f32>(x + (place << 2)), place);
    }
    // Later ones of the same size rank behind the worst of the best.
    const worst = load<f32>(values);
    if (worst > least) least = worst;
  }
  for (; i < length; i++) offer(values, indices, k, load<f32>(x + (i << 2)), i);
  for (let last = k - 1; last > 0; last--) {
    const value = load<f32>(values + (last << 2));
    const index = load<i32>(indices + (last << 2));
    store<f32>(values + (last << 2), load<f32>(values));
    store<i32>(indices + (last << 2), load<i32>(indices));
    sink(values, indices, 0, last, value, index);
  }
}

/** A number that k of the row's are not below: the k-th largest of the maxima of sixteen interleaved parts. */
// @ts-ignore: decorator
@inline
function floor(x: usize, length: i32, k: i32): f32 {
  if (length < 64 || k > 16) return -Infinity;
  const end = x + ((length & ~15) << 2);
  let a = f32x4.splat(-Infinity);
  let b = a;
  let c = a;
  let d = a;
  // pmax passes over NaN that comes second.
  for (; x < end; x += 64) {
    a = f32x4.pmax(a, v128.load(x));
    b = f32x4.pmax(b, v128.load(x, 16));
    c = f32x4.pmax(c, v128.load(x, 32));
    d = f32x4.pmax(d, v128.load(x, 48));
  }
  for (; k > 1; k--) {
    // Equal ones go together, and what is left is smaller: as many others are not below that either.
    const largest = inAllLanes(a, b, c, d);
    a = without(a, largest);
    b = without(b, largest);
    c = without(c, largest);
    d = without(d, largest);
  }
  return f32x4.extract_lane(inAllLanes(a, b, c, d), 0);
}

/** The largest of sixteen numbers. */
function inAllLanes(a: v128, b: v128, c: v128, d: v128): v128 {
  let largest = f32x4.pmax(f32x4.pmax(a, b), f32x4.pmax(c, d));
  largest = f32x4.pmax(largest, v128.shuffle<f32>(largest, largest, 2, 3, 0, 1));
  return f32x4.pmax(largest, v128.shuffle<f32>(largest, largest, 1, 0, 3, 2));
}

/** Minus infinity in place of all that equals `number`. */
// @ts-ignore: decorator
@inline
function without(x: v128, number: v128): v128 {
  return v128.bitselect(f32x4.splat(-Infinity), x, f32x4.eq(x, number));
}

/** A bit for each of 16 numbers that is not below `least`, as NaN is not. */
// @ts-ignore: decorator
@inline
function notBelow(x: usize, least: f32): i32 {
  const limits = f32x4.splat(least);
  const first = i16x8.narrow_i32x4_s(f32x4.lt(v128.load(x), limits), f32x4.lt(v128.load(x, 16), limits));
  const second = i16x8.narrow_i32x4_s(f32x4.lt(v128.load(x, 32), limits), f32x4.lt(v128.load(x, 48), limits));
  return i8x16.bitmask(i8x16.narrow_i16x8_s(first, second)) ^ 0xffff;
}

/** Takes an element, later than all in the heap, instead of the worst if it ranks before that. */
// @ts-ignore: decorator
@inline
function offer(values: usize, indices: usize, k: i32, value: f32, index: i32): void {
  if (ranksBefore(value, index, load<f32>(values), load<i32>(indices))) sink(values, indices, 0, k, value, index);
}

/** Puts an element in place `hole` of a heap of `count`, or below: what ranks last belongs on top. */
function sink(values: usize, indices: usize, hole: i32, count: i32, value: f32, index: i32): void {
  for (;;) {
    let child = 2 * hole + 1;
    if (child >= count) break;
    let childValue = load<f32>(values + (child << 2));
    let childIndex = load<i32>(indices + (child << 2));
    if (child + 1 < count) {
      const otherValue = load<f32>(values + (child << 2), 4);
      const otherIndex = load<i32>(indices + (child << 2), 4);
      if (ranksBefore(childValue, childIndex, otherValue, otherIndex)) {
        child++;
        childValue = otherValue;
        childIndex = otherIndex;
      }
    }
    if (!ranksBefore(value, index, childValue, childIndex)) break;
    store<f32>(values + (hole << 2), childValue);
    store<i32>(indices + (hole << 2), childIndex);
    hole = child;
  }
  store<f32>(values + (hole << 2), value);
  store<i32>(indices + (hole << 2), index);
}

// @ts-ignore: decorator
@unmanaged
class TopKGradient {
  indices: usize;
  gradient: usize;
  xGradient: usize;
  rows: i32;
  length: i32;
  k: i32;
}

export function topKGradientBlocks(d: TopKGradient, phase: i32): i32 {
  return phase == 0 ? ceilDivide(d.rows, rowsPerBlock(d.length)) : -1;
}

export function topKGradient(d: TopKGradient, phase: i32, block: i32, scratch: usize): void {
  const perBlock = rowsPerBlock(d.length);
  const end = min(d.rows, (block + 1) * perBlock);
  for (let row = block * perBlock; row < end; row++) {
    const xGradient = d.xGradient + row * d.length * 4;
    memory.fill(xGradient, 0, d.length << 2);
    for (let place = (row * d.k) << 2, last = ((row + 1) * d.k) << 2; place < last; place += 4) {
      store<f32>(xGradient + (load<i32>(d.indices + place) << 2), load<f32>(d.gradient + place));
    }
  }
}
