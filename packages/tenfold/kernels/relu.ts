import { CHUNK, ceilDivide } from './lib/vector';

// @ts-ignore: decorator
@unmanaged
class Relu {
  x: usize;
  y: usize;
  length: i32;
}

export function reluBlocks(d: Relu, phase: i32): i32 {
  return phase == 0 ? ceilDivide(d.length, CHUNK) : -1;
}

export function relu(d: Relu, phase: i32, block: i32, scratch: usize): void {
  const end = min(d.length, (block + 1) * CHUNK) << 2;
  const zero = f32x4.splat(0);
  let i = (block * CHUNK) << 2;
  for (; i + 16 <= end; i += 16) v128.store(d.y + i, f32x4.max(v128.load(d.x + i), zero));
  for (; i < end; i += 4) store<f32>(d.y + i, max<f32>(load<f32>(d.x + i), 0));
}

// @ts-ignore: decorator
@unmanaged
class ReluGradient {
  y: usize;
  gradient: usize;
  xGradient: usize;
  length: i32;
}

export function reluGradientBlocks(d: ReluGradient, phase: i32): i32 {
  return phase == 0 ? ceilDivide(d.length, CHUNK) : -1;
}

export function reluGradient(d: ReluGradient, phase: i32, block: i32, scratch: usize): void {
  const end = min(d.length, (block + 1) * CHUNK) << 2;
  const zero = f32x4.splat(0);
  let i = (block * CHUNK) << 2;
  for (; i + 16 <= end; i += 16) {
    const positive = f32x4.gt(v128.load(d.y + i), zero);
    v128.store(d.xGradient + i, v128.and(v128.load(d.gradient + i), positive));
  }
  for (; i < end; i += 4) {
    const y = load<f32>(d.y + i);
    store<f32>(d.xGradient + i, y > 0 ? load<f32>(d.gradient + i) : 0);
  }
}
