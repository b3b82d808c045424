// The inner loop of a transposed matrix product, [rows of 4] by [rows of 8] summed over rows. Register tile and
// chunks, and why they are so: lib/product-tiles.ts.
//
// Both operands lie packed, row after row: read where they are, with the stride of an image, whose channels often are a
// power of two, all rows would compete for the same few places of the nearest cache.

import { CHUNK_TERMS } from './taps';

/** Bytes of the 4 by 8 sums. */
export const SUMS_BYTES: i32 = 128;

/** The sums over `rows` rows, added to what is at `to` or, if it is `fresh`, put there. */
export function sumProducts(x0: usize, y: usize, rows: i32, to: usize, fresh: bool): void {
  // Four pointers, because V8 takes an instruction more for an offset of `load_splat`.
  let x1 = x0 + 4;
  let x2 = x0 + 8;
  let x3 = x0 + 12;
  let a0 = f32x4.splat(0);
  let b0 = f32x4.splat(0);
  let a1 = f32x4.splat(0);
  let b1 = f32x4.splat(0);
  let a2 = f32x4.splat(0);
  let b2 = f32x4.splat(0);
  let a3 = f32x4.splat(0);
  let b3 = f32x4.splat(0);
  const end = y + (rows << 5);
  do {
    const until = min(end, y + (CHUNK_TERMS << 5));
    // An empty batch has no rows.
    if (y < until) {
      // unroll 8
      do {
        const ya = v128.load(y);
        const yb = v128.load(y, 16);
        const s0 = v128.load_splat<f32>(x0);
        const s1 = v128.load_splat<f32>(x1);
        const s2 = v128.load_splat<f32>(x2);
        const s3 = v128.load_splat<f32>(x3);
        a0 = f32x4.add(a0, f32x4.mul(s0, ya));
        b0 = f32x4.add(b0, f32x4.mul(s0, yb));
        a1 = f32x4.add(a1, f32x4.mul(s1, ya));
        b1 = f32x4.add(b1, f32x4.mul(s1, yb));
        a2 = f32x4.add(a2, f32x4.mul(s2, ya));
        b2 = f32x4.add(b2, f32x4.mul(s2, yb));
        a3 = f32x4.add(a3, f32x4.mul(s3, ya));
        b3 = f32x4.add(b3, f32x4.mul(s3, yb));
        x0 += 16;
        x1 += 16;
        x2 += 16;
        x3 += 16;
        y += 32;
      } while (y < until);
    }
    if (!fresh) {
      a0 = f32x4.add(a0, v128.load(to));
      b0 = f32x4.add(b0, v128.load(to, 16));
      a1 = f32x4.add(a1, v128.load(to, 32));
      b1 = f32x4.add(b1, v128.load(to, 48));
      a2 = f32x4.add(a2, v128.load(to, 64));
      b2 = f32x4.add(b2, v128.load(to, 80));
      a3 = f32x4.add(a3, v128.load(to, 96));
      b3 = f32x4.add(b3, v128.load(to, 112));
    }
    fresh = false;
    v128.store(to, a0);
    v128.store(to, b0, 16);
    v128.store(to, a1, 32);
    v128.store(to, b1, 48);
    v128.store(to, a2, 64);
    v128.store(to, b2, 80);
    v128.store(to, a3, 96);
    v128.store(to, b3, 112);
    const zero = f32x4.splat(0);
    a0 = zero;
    b0 = zero;
    a1 = zero;
    b1 = zero;
    a2 = zero;
    b2 = zero;
    a3 = zero;
    b3 = zero;
  } while (y < end);
}
