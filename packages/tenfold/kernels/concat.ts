// Copies rows into, or out of, a wider tensor.

import { ceilDivide, rowsPerChunk } from './lib/vector';

// @ts-ignore: decorator
@unmanaged
class Copy {
  x: usize;
  xPixelStride: i32;
  y: usize;
  yPixelStride: i32;
  rows: i32;
  length: i32;
}

export function copyBlocks(d: Copy, phase: i32): i32 {
  return phase == 0 ? ceilDivide(d.rows, rowsPerChunk(d.length)) : -1;
}

export function copy(d: Copy, phase: i32, block: i32, scratch: usize): void {
  const perBlock = rowsPerChunk(d.length);
  const end = min(d.rows, (block + 1) * perBlock);
  for (let row = block * perBlock; row < end; row++) {
    memory.copy(d.y + row * d.yPixelStride * 4, d.x + row * d.xPixelStride * 4, d.length << 2);
  }
}
