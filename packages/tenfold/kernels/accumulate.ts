// y = a + b, where two gradients of one tensor meet; y may be a.

import { CHUNK, ceilDivide } from './lib/vector';

// @ts-ignore: decorator
@unmanaged
class Accumulate {
  a: usize;
  b: usize;
  y: usize;
  length: i32;
}

export function accumulateBlocks(d: Accumulate, phase: i32): i32 {
  return phase == 0 ? ceilDivide(d.length, CHUNK) : -1;
}

export function accumulate(d: Accumulate, phase: i32, block: i32, scratch: usize): void {
  const start = block * CHUNK;
  let left = min(d.length - start, CHUNK);
  let a = d.a + (start << 2);
  let b = d.b + (start << 2);
  let y = d.y + (start << 2);
  for (; left >= 16; left -= 16) {
    v128.store(y, f32x4.add(v128.load(a), v128.load(b)));
    v128.store(y, f32x4.add(v128.load(a, 16), v128.load(b, 16)), 16);
    v128.store(y, f32x4.add(v128.load(a, 32), v128.load(b, 32)), 32);
    v128.store(y, f32x4.add(v128.load(a, 48), v128.load(b, 48)), 48);
    a += 64;
    b += 64;
    y += 64;
  }
  for (; left > 0; left--) {
    store<f32>(y, load<f32>(a) + load<f32>(b));
    a += 4;
    b += 4;
    y += 4;
  }
}
