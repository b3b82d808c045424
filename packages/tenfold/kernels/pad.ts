// y[n, i, k] = x[n, i - top, k - left] where that exists, else value. It moves words of 32 bits and does not mind what
// they mean; top and left may be negative.

import { CHUNK, ceilDivide } from './lib/vector';

// @ts-ignore: decorator
@unmanaged
class Placement {
  x: usize;
  y: usize;
  batch: i32;
  height: i32;
  length: i32;
  outHeight: i32;
  outLength: i32;
  top: i32;
  left: i32;
  value: f32;
}

function total(d: Placement): i32 {
  return d.batch * d.outHeight * d.outLength;
}

export function padBlocks(d: Placement, phase: i32): i32 {
  return phase == 0 ? ceilDivide(total(d), CHUNK) : -1;
}

export function pad(d: Placement, phase: i32, block: i32, scratch: usize): void {
  const end = min(total(d), (block + 1) * CHUNK);
  let position = block * CHUNK;
  while (position < end) {
    const row = position / d.outLength;
    const from = position - row * d.outLength;
    const to = min(d.outLength, from + end - position);
    padRow(d, row, from, to);
    position += to - from;
  }
}

/** Writes columns `from` to `to` of one row of y. */
function padRow(d: Placement, row: i32, from: i32, to: i32): void {
  const image = row / d.outHeight;
  const source = row - image * d.outHeight - d.top;
  const y = d.y + ((row * d.outLength) << 2);
  if (u32(source) >= u32(d.height)) {
    fill(y + (from << 2), y + (to << 2), d.value);
    return;
  }
  const x = d.x + (((image * d.height + source) * d.length) << 2);
  // The columns that lie in x.
  const first = min(max(from, d.left), to);
  const last = max(first, min(to, d.left + d.length));
  fill(y + (from << 2), y + (first << 2), d.value);
  if (last > first) memory.copy(y + (first << 2), x + ((first - d.left) << 2), (last - first) << 2);
  fill(y + (last << 2), y + (to << 2), d.value);
}

function fill(from: usize, to: usize, value: f32): void {
  if (reinterpret<i32>(value) == 0) {
    memory.fill(from, 0, to - from);
    return;
  }
  for (; from < to; from += 4) store<f32>(from, value);
}
