// y[n, i, k] = x[n, i - top, k - left] where that exists, else value. It moves words of 32 bits and does not mind what
// they mean; top and left may be negative.

import { CHUNK, ceilDivide, copyRuns, copyWords, fillWords, rowsPerChunk } from './lib/vector';

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

/** So many words of y are filled before x is copied to where it belongs, so that they are still in the nearest cache. */
const TOGETHER: i32 = 2048;

/** Whether only rows grow, and are short: part of the channels. */
function isBeside(d: Placement): bool {
  const fits = d.left >= 0 && d.left + d.length <= d.outLength;
  return d.top == 0 && d.height == d.outHeight && fits && d.outLength <= TOGETHER;
}

export function padBlocks(d: Placement, phase: i32): i32 {
  if (phase > 0) return -1;
  if (isBeside(d)) return ceilDivide(d.batch * d.height, rowsPerChunk(d.outLength));
  return ceilDivide(total(d), CHUNK);
}

function growRows(d: Placement, block: i32): void {
  const perBlock = rowsPerChunk(d.outLength);
  const end = min(d.batch * d.height, (block + 1) * perBlock);
  const step = TOGETHER / max(1, d.outLength);
  for (let row = block * perBlock; row < end; row += step) {
    const rows = min(step, end - row);
    const y = d.y + ((row * d.outLength) << 2);
    fillWords(y, reinterpret<i32>(d.value), (rows * d.outLength) << 2);
    const x = d.x + ((row * d.length) << 2);
    copyRuns(y + (d.left << 2), d.outLength << 2, x, d.length << 2, d.length << 2, rows);
  }
}

export function pad(d: Placement, phase: i32, block: i32, scratch: usize): void {
  if (isBeside(d)) return growRows(d, block);
  const end = min(total(d), (block + 1) * CHUNK);
  let position = block * CHUNK;
  let row = position / d.outLength;
  let from = position - row * d.outLength;
  let image = row / d.outHeight;
  row -= image * d.outHeight;
  for (; position < end; row++) {
    if (row == d.outHeight) {
      row = 0;
      image++;
    }
    const to = min(d.outLength, from + end - position);
    padRow(d, image, row, from, to);
    position += to - from;
    from = 0;
  }
}

/** Writes columns `from` to `to` of one row of y. */
// @ts-ignore: decorator
@inline
function padRow(d: Placement, image: i32, row: i32, from: i32, to: i32): void {
  const source = row - d.top;
  const y = d.y + (((image * d.outHeight + row) * d.outLength) << 2);
  const value = reinterpret<i32>(d.value);
  if (u32(source) >= u32(d.height)) {
    fillWords(y + (from << 2), value, (to - from) << 2);
    return;
  }
  const x = d.x + (((image * d.height + source) * d.length) << 2);
  // The columns that lie in x.
  const first = min(max(from, d.left), to);
  const last = max(first, min(to, d.left + d.length));
  if (first > from) fillWords(y + (from << 2), value, (first - from) << 2);
  if (last > first) copyWords(y + (first << 2), x + ((first - d.left) << 2), (last - first) << 2);
  if (to > last) fillWords(y + (last << 2), value, (to - last) << 2);
}
