// Dropout by counter-based random numbers: element i is word i mod 4 of block i / 4 of its stream (Philox 4x32-10,
// Salmon et al. 2011), so any thread can draw any element's.

import { CHUNK, ceilDivide } from './lib/vector';

// @ts-ignore: decorator
@unmanaged
class Dropout {
  x: usize;
  y: usize;
  length: i32;
  key0: u32;
  key1: u32;
  step: u32;
  threshold: u32;
  scale: f32;
}

export function dropoutBlocks(d: Dropout, phase: i32): i32 {
  return phase == 0 ? ceilDivide(d.length, CHUNK) : -1;
}

export function dropout(d: Dropout, phase: i32, block: i32, scratch: usize): void {
  const end = min(d.length, (block + 1) * CHUNK);
  for (let i = block * CHUNK; i < end; i += 4) {
    let c0: u32 = i >> 2;
    let c1: u32 = 0;
    let c2: u32 = d.step;
    let c3: u32 = 0;
    let k0 = d.key0;
    let k1 = d.key1;
    for (let round = 0; round < 10; round++) {
      const p0 = u64(0xd2511f53) * u64(c0);
      const p1 = u64(0xcd9e8d57) * u64(c2);
      c0 = u32(p1 >> 32) ^ c1 ^ k0;
      c1 = u32(p1);
      c2 = u32(p0 >> 32) ^ c3 ^ k1;
      c3 = u32(p0);
      k0 += 0x9e3779b9;
      k1 += 0xbb67ae85;
    }
    keep(d, i, c0, end);
    keep(d, i + 1, c1, end);
    keep(d, i + 2, c2, end);
    keep(d, i + 3, c3, end);
  }
}

// @ts-ignore: decorator
@inline
function keep(d: Dropout, i: i32, random: u32, end: i32): void {
  if (i >= end) return;
  store<f32>(d.y + (i << 2), random < d.threshold ? 0 : load<f32>(d.x + (i << 2)) * d.scale);
}
