// Copies pieces of rows into, or out of, wider rows, up to five pieces at once.

import { ceilDivide, copyRuns, rowsPerChunk } from './lib/vector';

// @ts-ignore: decorator
@unmanaged
class Copy {
  x0: usize;
  x0PixelStride: i32;
  y0: usize;
  y0PixelStride: i32;
  length0: i32;
  x1: usize;
  x1PixelStride: i32;
  y1: usize;
  y1PixelStride: i32;
  length1: i32;
  x2: usize;
  x2PixelStride: i32;
  y2: usize;
  y2PixelStride: i32;
  length2: i32;
  x3: usize;
  x3PixelStride: i32;
  y3: usize;
  y3PixelStride: i32;
  length3: i32;
  x4: usize;
  x4PixelStride: i32;
  y4: usize;
  y4PixelStride: i32;
  length4: i32;
  rows: i32;
}

/** So many words of all pieces together are copied at a time, so that what they lie in stays in the nearest cache. */
const TOGETHER: i32 = 4096;

function lengthOf(d: Copy): i32 {
  return d.length0 + d.length1 + d.length2 + d.length3 + d.length4;
}

export function copyBlocks(d: Copy, phase: i32): i32 {
  return phase == 0 ? ceilDivide(d.rows, rowsPerChunk(lengthOf(d))) : -1;
}

export function copy(d: Copy, phase: i32, block: i32, scratch: usize): void {
  const perBlock = rowsPerChunk(lengthOf(d));
  const end = min(d.rows, (block + 1) * perBlock);
  const step = max(1, TOGETHER / max(1, lengthOf(d)));
  for (let row = block * perBlock; row < end; row += step) {
    const rows = min(step, end - row);
    copyPiece(d.x0, d.x0PixelStride, d.y0, d.y0PixelStride, d.length0, row, rows);
    copyPiece(d.x1, d.x1PixelStride, d.y1, d.y1PixelStride, d.length1, row, rows);
    copyPiece(d.x2, d.x2PixelStride, d.y2, d.y2PixelStride, d.length2, row, rows);
    copyPiece(d.x3, d.x3PixelStride, d.y3, d.y3PixelStride, d.length3, row, rows);
    copyPiece(d.x4, d.x4PixelStride, d.y4, d.y4PixelStride, d.length4, row, rows);
  }
}

function copyPiece(x: usize, xStride: i32, y: usize, yStride: i32, length: i32, row: i32, rows: i32): void {
  if (length == 0) return;
  copyRuns(y + ((row * yStride) << 2), yStride << 2, x + ((row * xStride) << 2), xStride << 2, length << 2, rows);
}
