// Copies rows into, or out of, a wider tensor.

import { ceilDivide, copyWords, rowsPerChunk } from './lib/vector';

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
  const first = block * perBlock;
  const bytes = d.length << 2;
  const xStep = d.xPixelStride << 2;
  const yStep = d.yPixelStride << 2;
  let x = d.x + first * xStep;
  let y = d.y + first * yStep;
  for (let row = first; row < end; row++, x += xStep, y += yStep) copyWords(y, x, bytes);
}
