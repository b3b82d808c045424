// A moving average that takes a step towards the weights, and the two changing places.

import { CHUNK, ceilDivide } from './lib/vector';

// @ts-ignore: decorator
@unmanaged
class Lerp {
  x: usize;
  y: usize;
  length: i32;
  share: f32;
}

export function lerpBlocks(d: Lerp, phase: i32): i32 {
  return phase == 0 ? ceilDivide(d.length, CHUNK) : -1;
}

/** y += share * (x - y) */
export function lerp(d: Lerp, phase: i32, block: i32, scratch: usize): void {
  const end = min(d.length, (block + 1) * CHUNK) << 2;
  const share = f32x4.splat(d.share);
  let i = (block * CHUNK) << 2;
  for (; i + 16 <= end; i += 16) {
    const y = v128.load(d.y + i);
    v128.store(d.y + i, f32x4.add(y, f32x4.mul(share, f32x4.sub(v128.load(d.x + i), y))));
  }
  for (; i < end; i += 4) {
    const y = load<f32>(d.y + i);
    store<f32>(d.y + i, y + d.share * (load<f32>(d.x + i) - y));
  }
}

// @ts-ignore: decorator
@unmanaged
class Exchange {
  x: usize;
  y: usize;
  length: i32;
}

export function exchangeBlocks(d: Exchange, phase: i32): i32 {
  return phase == 0 ? ceilDivide(d.length, CHUNK) : -1;
}

export function exchange(d: Exchange, phase: i32, block: i32, scratch: usize): void {
  const end = min(d.length, (block + 1) * CHUNK) << 2;
  let i = (block * CHUNK) << 2;
  for (; i + 16 <= end; i += 16) {
    const x = v128.load(d.x + i);
    v128.store(d.x + i, v128.load(d.y + i));
    v128.store(d.y + i, x);
  }
  for (; i < end; i += 4) {
    const x = load<i32>(d.x + i);
    store<i32>(d.x + i, load<i32>(d.y + i));
    store<i32>(d.y + i, x);
  }
}
