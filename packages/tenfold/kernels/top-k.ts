// The k largest of each row, in order: a heap of the best so far, whose top is the worst of them, then sorted by taking
// the top off again and again. Equal elements rank by their index, so any way to get there gives the same result.

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
  for (let i = 0; i < k; i++) {
    store<f32>(values + (i << 2), load<f32>(x + (i << 2)));
    store<i32>(indices + (i << 2), i);
  }
  for (let i = k / 2 - 1; i >= 0; i--) {
    sink(values, indices, i, k, load<f32>(values + (i << 2)), load<i32>(indices + (i << 2)));
  }
  let i = k;
  for (; i + 16 <= length; i += 16) {
    // Mostly none of so many is larger than the worst of the best; later ones of the same size rank behind it.
    if (noneIsLarger(x + (i << 2), load<f32>(values))) continue;
    for (let j = i; j < i + 16; j++) offer(values, indices, k, load<f32>(x + (j << 2)), j);
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

/** Whether 16 numbers are all at most `worst`; not if one of them is NaN, or `worst`. */
// @ts-ignore: decorator
@inline
function noneIsLarger(x: usize, worst: f32): bool {
  const limits = f32x4.splat(worst);
  const first = v128.and(f32x4.le(v128.load(x), limits), f32x4.le(v128.load(x, 16), limits));
  const second = v128.and(f32x4.le(v128.load(x, 32), limits), f32x4.le(v128.load(x, 48), limits));
  return i32x4.all_true(v128.and(first, second));
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
