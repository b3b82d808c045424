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
  const end = min(d.length, (block + 1) * CHUNK);
  let i = block * CHUNK;
  for (; i + 4 <= end; i += 4) {
    v128.store(d.y + (i << 2), f32x4.add(v128.load(d.a + (i << 2)), v128.load(d.b + (i << 2))));
  }
  for (; i < end; i++) store<f32>(d.y + (i << 2), load<f32>(d.a + (i << 2)) + load<f32>(d.b + (i << 2)));
}
