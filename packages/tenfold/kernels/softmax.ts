import { rowsPerBlock, softmaxRow } from './lib/softmax-row';
import { ceilDivide, lanesSum } from './lib/vector';

// @ts-ignore: decorator
@unmanaged
class Softmax {
  x: usize;
  y: usize;
  rows: i32;
  classes: i32;
}

export function softmaxBlocks(d: Softmax, phase: i32): i32 {
  return phase == 0 ? ceilDivide(d.rows, rowsPerBlock(d.classes)) : -1;
}

export function softmax(d: Softmax, phase: i32, block: i32, scratch: usize): void {
  const perBlock = rowsPerBlock(d.classes);
  const end = min(d.rows, (block + 1) * perBlock);
  for (let row = block * perBlock; row < end; row++) {
    const offset = row * d.classes * 4;
    softmaxRow(d.x + offset, d.classes, d.y + offset);
  }
}

// @ts-ignore: decorator
@unmanaged
class SoftmaxGradient {
  y: usize;
  gradient: usize;
  xGradient: usize;
  rows: i32;
  classes: i32;
}

export function softmaxGradientBlocks(d: SoftmaxGradient, phase: i32): i32 {
  return phase == 0 ? ceilDivide(d.rows, rowsPerBlock(d.classes)) : -1;
}

export function softmaxGradient(d: SoftmaxGradient, phase: i32, block: i32, scratch: usize): void {
  const perBlock = rowsPerBlock(d.classes);
  const end = min(d.rows, (block + 1) * perBlock);
  for (let row = block * perBlock; row < end; row++) {
    const offset = row * d.classes * 4;
    gradientRow(d.gradient + offset, d.y + offset, d.classes, d.xGradient + offset);
  }
}

function gradientRow(gradient: usize, y: usize, classes: i32, xGradient: usize): void {
  const lines = (classes & ~15) << 2;
  const vectors = (classes & ~3) << 2;
  const bytes = classes << 2;
  // Each sum waits for the one before, so there are four rows of them.
  let sum0 = f32x4.splat(0);
  let sum1 = sum0;
  let sum2 = sum0;
  let sum3 = sum0;
  let i = 0;
  for (; i < lines; i += 64) {
    sum0 = f32x4.add(sum0, f32x4.mul(v128.load(gradient + i), v128.load(y + i)));
    sum1 = f32x4.add(sum1, f32x4.mul(v128.load(gradient + i, 16), v128.load(y + i, 16)));
    sum2 = f32x4.add(sum2, f32x4.mul(v128.load(gradient + i, 32), v128.load(y + i, 32)));
    sum3 = f32x4.add(sum3, f32x4.mul(v128.load(gradient + i, 48), v128.load(y + i, 48)));
  }
  sum0 = f32x4.add(f32x4.add(sum0, sum1), f32x4.add(sum2, sum3));
  for (; i < vectors; i += 16) sum0 = f32x4.add(sum0, f32x4.mul(v128.load(gradient + i), v128.load(y + i)));
  let mean = lanesSum(sum0);
  for (; i < bytes; i += 4) mean += load<f32>(gradient + i) * load<f32>(y + i);
  const means = f32x4.splat(mean);
  for (i = 0; i < vectors; i += 16) {
    v128.store(xGradient + i, f32x4.mul(v128.load(y + i), f32x4.sub(v128.load(gradient + i), means)));
  }
  for (; i < bytes; i += 4) store<f32>(xGradient + i, load<f32>(y + i) * (load<f32>(gradient + i) - mean));
}
