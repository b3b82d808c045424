// y[n, i, k] = x[n, i - top, k - left] where that exists, else value. It moves words of 32 bits and does not mind what
// they mean; top and left may be negative.

import { CHUNK, ceilDivide, copyWords, fillWords } from './lib/vector';

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
