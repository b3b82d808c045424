import { rowsPerBlock, softmaxRow } from './lib/softmax-row';
import { ceilDivide } from './lib/vector';

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
    let mean: f32 = 0;
    for (let k = 0; k < d.classes; k++) {
      mean += load<f32>(d.gradient + offset + (k << 2)) * load<f32>(d.y + offset + (k << 2));
    }
    for (let k = 0; k < d.classes; k++) {
      const at = offset + (k << 2);
      store<f32>(d.xGradient + at, load<f32>(d.y + at) * (load<f32>(d.gradient + at) - mean));
    }
  }
}
