// Elementwise kernels of two operands that repeat along some of six axes. A kernel's descriptor knows its formula for four
// elements at once, as in elementwise.ts.

import { CHUNK, ceilDivide } from './vector';

/** The base of kernels: they add `combine(a: v128, b: v128): v128`. */
// @ts-ignore: decorator
@unmanaged
export class Broadcast {
  a: usize;
  b: usize;
  y: usize;
  size0: i32;
  size1: i32;
  size2: i32;
  size3: i32;
  size4: i32;
  size5: i32;
  aStride0: i32;
  aStride1: i32;
  aStride2: i32;
  aStride3: i32;
  aStride4: i32;
  aStride5: i32;
  bStride0: i32;
  bStride1: i32;
  bStride2: i32;
  bStride3: i32;
  bStride4: i32;
  bStride5: i32;
}

function total(d: Broadcast): i32 {
  return d.size0 * d.size1 * d.size2 * d.size3 * d.size4 * d.size5;
}

export function broadcastBlocks(d: Broadcast, phase: i32): i32 {
  return phase == 0 ? ceilDivide(total(d), CHUNK) : -1;
}

/** Computes results [block * CHUNK, (block + 1) * CHUNK), row by row of the last axis. */
// @ts-ignore: decorator
@inline
export function broadcast<Kernel extends Broadcast>(d: Kernel, block: i32): void {
  const end = min(total(d), (block + 1) * CHUNK);
  let position = block * CHUNK;
  while (position < end) {
    let rest = position / d.size5;
    let i5 = position - rest * d.size5;
    let i4 = rest % d.size4;
    rest /= d.size4;
    let a: usize = i4 * d.aStride4 + (rest % d.size3) * d.aStride3;
    let b: usize = i4 * d.bStride4 + (rest % d.size3) * d.bStride3;
    rest /= d.size3;
    a += (rest % d.size2) * d.aStride2;
    b += (rest % d.size2) * d.bStride2;
    rest /= d.size2;
    a += (rest % d.size1) * d.aStride1 + (rest / d.size1) * d.aStride0;
    b += (rest % d.size1) * d.bStride1 + (rest / d.size1) * d.bStride0;
    a = d.a + (a << 2);
    b = d.b + (b << 2);
    // The rows that follow along the axis before the last are found without divisions.
    for (; i4 < d.size4 && position < end; i4++) {
      const count = min(end - position, d.size5 - i5);
      row(d, a + ((i5 * d.aStride5) << 2), b + ((i5 * d.bStride5) << 2), d.y + (position << 2), count);
      a += d.aStride4 << 2;
      b += d.bStride4 << 2;
      position += count;
      i5 = 0;
    }
  }
}

// @ts-ignore: decorator
@inline
function row<Kernel extends Broadcast>(d: Kernel, a: usize, b: usize, y: usize, count: i32): void {
  const vectorsEnd = y + ((count & ~3) << 2);
  const linesEnd = y + ((count & ~15) << 2);
  if (d.aStride5 != 0 && d.bStride5 != 0) {
    // A cache line at a time, so that the loop waits for memory alone.
    for (; y < linesEnd; y += 64, a += 64, b += 64) {
      v128.store(y, d.combine(v128.load(a), v128.load(b)));
      v128.store(y, d.combine(v128.load(a, 16), v128.load(b, 16)), 16);
      v128.store(y, d.combine(v128.load(a, 32), v128.load(b, 32)), 32);
      v128.store(y, d.combine(v128.load(a, 48), v128.load(b, 48)), 48);
    }
    for (; y < vectorsEnd; y += 16, a += 16, b += 16) {
      v128.store(y, d.combine(v128.load(a), v128.load(b)));
    }
  } else if (d.aStride5 != 0) {
    const repeated = v128.load_splat<f32>(b);
    for (; y < linesEnd; y += 64, a += 64) {
      v128.store(y, d.combine(v128.load(a), repeated));
      v128.store(y, d.combine(v128.load(a, 16), repeated), 16);
      v128.store(y, d.combine(v128.load(a, 32), repeated), 32);
      v128.store(y, d.combine(v128.load(a, 48), repeated), 48);
    }
    for (; y < vectorsEnd; y += 16, a += 16) v128.store(y, d.combine(v128.load(a), repeated));
  } else if (d.bStride5 != 0) {
    const repeated = v128.load_splat<f32>(a);
    for (; y < linesEnd; y += 64, b += 64) {
      v128.store(y, d.combine(repeated, v128.load(b)));
      v128.store(y, d.combine(repeated, v128.load(b, 16)), 16);
      v128.store(y, d.combine(repeated, v128.load(b, 32)), 32);
      v128.store(y, d.combine(repeated, v128.load(b, 48)), 48);
    }
    for (; y < vectorsEnd; y += 16, b += 16) v128.store(y, d.combine(repeated, v128.load(b)));
  } else {
    const repeated = d.combine(v128.load_splat<f32>(a), v128.load_splat<f32>(b));
    for (; y < vectorsEnd; y += 16) v128.store(y, repeated);
  }
  for (let i = count & 3; i > 0; i--) {
    v128.store32_lane(y, d.combine(v128.load32_zero(a), v128.load32_zero(b)), 0);
    y += 4;
    a += d.aStride5 << 2;
    b += d.bStride5 << 2;
  }
}
