// Dropout by counter-based random numbers: element i is word i mod 4 of block i / 4 of its stream (Philox 4x32-10,
// Salmon et al. 2011), so any thread can draw any element's. Four blocks are drawn at once, in the lanes of vectors.

import { CHUNK, ceilDivide, restoreBeyond } from './lib/vector';

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

/** Elements drawn at once; a divisor of CHUNK. */
const AT_ONCE: i32 = 16;

const ROUNDS: i32 = 10;

const FACTOR0: u32 = 0xd2511f53;
const FACTOR1: u32 = 0xcd9e8d57;

/** The keys of all rounds, in every lane. */
export function dropoutScratch(d: Dropout): i32 {
  return ROUNDS * 32;
}

// The scratch is known from phase 1 on; phase 0 has nothing to do.
export function dropoutBlocks(d: Dropout, phase: i32): i32 {
  if (phase == 0) return 0;
  return phase == 1 ? ceilDivide(d.length, CHUNK) : -1;
}

export function dropout(d: Dropout, phase: i32, block: i32, scratch: usize): void {
  let k0 = d.key0;
  let k1 = d.key1;
  for (let at = scratch; at < scratch + ROUNDS * 32; at += 32) {
    v128.store(at, i32x4.splat(k0));
    v128.store(at, i32x4.splat(k1), 16);
    k0 += 0x9e3779b9;
    k1 += 0xbb67ae85;
  }
  const keysEnd = scratch + ROUNDS * 32;
  const end = min(d.length, (block + 1) * CHUNK);
  for (let i = block * CHUNK; i < end; i += AT_ONCE) {
    const factor0 = i32x4.splat(FACTOR0);
    const factor1 = i32x4.splat(FACTOR1);
    let c0 = i32x4.add(i32x4.splat(i >> 2), i32x4(0, 1, 2, 3));
    let c1 = i32x4.splat(0);
    let c2 = i32x4.splat(d.step);
    let c3 = c1;
    let at = scratch;
    // unroll 5
    do {
      const p0 = i64x2.extmul_low_i32x4_u(c0, factor0);
      const q0 = i64x2.extmul_high_i32x4_u(c0, factor0);
      const p1 = i64x2.extmul_low_i32x4_u(c2, factor1);
      const q1 = i64x2.extmul_high_i32x4_u(c2, factor1);
      c0 = v128.xor(v128.shuffle<i32>(p1, q1, 1, 3, 5, 7), v128.xor(c1, v128.load(at)));
      c1 = v128.shuffle<i32>(p1, q1, 0, 2, 4, 6);
      c2 = v128.xor(v128.shuffle<i32>(p0, q0, 1, 3, 5, 7), v128.xor(c3, v128.load(at, 16)));
      c3 = v128.shuffle<i32>(p0, q0, 0, 2, 4, 6);
      at += 32;
    } while (at < keysEnd);
    keep(d, i, end, c0, c1, c2, c3);
  }
}

/** Sixteen elements from `i` on, by the words of four blocks. */
// @ts-ignore: decorator
@inline
function keep(d: Dropout, i: i32, end: i32, c0: v128, c1: v128, c2: v128, c3: v128): void {
  const low01 = v128.shuffle<i32>(c0, c1, 0, 4, 1, 5);
  const high01 = v128.shuffle<i32>(c0, c1, 2, 6, 3, 7);
  const low23 = v128.shuffle<i32>(c2, c3, 0, 4, 1, 5);
  const high23 = v128.shuffle<i32>(c2, c3, 2, 6, 3, 7);
  keepFour(d, i, end, v128.shuffle<i64>(low01, low23, 0, 2));
  keepFour(d, i + 4, end, v128.shuffle<i64>(low01, low23, 1, 3));
  keepFour(d, i + 8, end, v128.shuffle<i64>(high01, high23, 0, 2));
  keepFour(d, i + 12, end, v128.shuffle<i64>(high01, high23, 1, 3));
}

// @ts-ignore: decorator
@inline
function keepFour(d: Dropout, i: i32, end: i32, random: v128): void {
  if (i >= end) return;
  const y = d.y + (i << 2);
  const beyond = v128.load(y);
  const scaled = f32x4.mul(v128.load(d.x + (i << 2)), f32x4.splat(d.scale));
  v128.store(y, v128.and(scaled, i32x4.ge_u(random, i32x4.splat(d.threshold))));
  if (i + 4 > end) restoreBeyond(end - i, y, beyond);
}
