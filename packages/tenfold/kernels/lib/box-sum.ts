// Sums over boxes of pixels, channels in vector lanes.

import { loadTail, storeTail } from './vector';

/**
 * Writes to y, for each channel, the sum over rows times columns pixels: rows lie `rowBytes` apart, their pixels
 * `columnBytes`. No pixels sum to zero.
 */
export function sumBox(
  x: usize,
  rows: i32,
  rowBytes: i32,
  columns: i32,
  columnBytes: i32,
  channels: i32,
  y: usize,
): void {
  const bytes = channels << 2;
  const rest = channels & 3;
  let c = 0;
  // A cache line at a time.
  for (; c + 64 <= bytes; c += 64) {
    let s0 = f32x4.splat(0);
    let s1 = f32x4.splat(0);
    let s2 = f32x4.splat(0);
    let s3 = f32x4.splat(0);
    for (let row = 0; row < rows; row++) {
      let from = x + row * rowBytes + c;
      for (let column = 0; column < columns; column++) {
        s0 = f32x4.add(s0, v128.load(from));
        s1 = f32x4.add(s1, v128.load(from, 16));
        s2 = f32x4.add(s2, v128.load(from, 32));
        s3 = f32x4.add(s3, v128.load(from, 48));
        from += columnBytes;
      }
    }
    v128.store(y + c, s0);
    v128.store(y + c, s1, 16);
    v128.store(y + c, s2, 32);
    v128.store(y + c, s3, 48);
  }
  for (; c + 16 <= bytes; c += 16) {
    let s = f32x4.splat(0);
    for (let row = 0; row < rows; row++) {
      let from = x + row * rowBytes + c;
      for (let column = 0; column < columns; column++) {
        s = f32x4.add(s, v128.load(from));
        from += columnBytes;
      }
    }
    v128.store(y + c, s);
  }
  if (rest == 0) return;
  let s = f32x4.splat(0);
  for (let row = 0; row < rows; row++) {
    let from = x + row * rowBytes + c;
    for (let column = 0; column < columns; column++) {
      s = f32x4.add(s, loadTail(from, rest));
      from += columnBytes;
    }
  }
  storeTail(y + c, s, rest);
}
