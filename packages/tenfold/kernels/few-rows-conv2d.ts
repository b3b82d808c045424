// 1x1 convolution of a few pixels. The weights of two outputs are read side by side and meet four rows, each product a sum
// of four lanes.

import { Conv2dGeometry } from './lib/conv2d-geometry';
import { finishPixels, hasEpilogue } from './lib/epilogue';
import { ROWS, outputBlocks, outputsPerBlock, rowsOf } from './lib/few-rows';
import { CHUNK_TERMS } from './lib/taps';
import { loadTail, sumsOfLanes } from './lib/vector';

/** Four lanes sum a chunk. */
const CHUNK_BYTES: i32 = CHUNK_TERMS * 16;

// @ts-ignore: decorator
@unmanaged
class FewRowsConv2d extends Conv2dGeometry {
  x: usize;
  xPixelStride: i32;
  weight: usize;
  bias: usize;
  yPixelStride: i32;
}

export function fewRowsConv2dBlocks(d: FewRowsConv2d, phase: i32): i32 {
  return phase == 0 ? outputBlocks(d) : -1;
}

export function fewRowsConv2d(d: FewRowsConv2d, phase: i32, block: i32, scratch: usize): void {
  const rows = rowsOf(d);
  const first = block * outputsPerBlock(d);
  const end = min(d.outChannels, first + outputsPerBlock(d));
  for (let output = first; output < end; output += 2) {
    for (let row = 0; row < rows; row += ROWS) multiply(d, output, min(2, end - output), row, min(ROWS, rows - row));
  }
  if (hasEpilogue(d)) finishPixels(d, d.y + (first << 2), rows, d.yPixelStride << 2, first, end - first);
}

/** One or two outputs of one to four rows. What there is not of them is computed as the last one there is. */
function multiply(d: FewRowsConv2d, output: i32, outputs: i32, row: i32, rows: i32): void {
  const length = d.inChannels << 2;
  const rowBytes = d.xPixelStride << 2;
  let x0 = d.x + row * rowBytes;
  let x1 = x0 + min(1, rows - 1) * rowBytes;
  let x2 = x0 + min(2, rows - 1) * rowBytes;
  let x3 = x0 + min(3, rows - 1) * rowBytes;
  let w0 = d.weight + output * length;
  let w1 = w0 + (outputs - 1) * length;
  let totals0 = f32x4.splat(0);
  let totals1 = f32x4.splat(0);
  if (d.bias) {
    totals0 = v128.load_splat<f32>(d.bias + (output << 2));
    totals1 = v128.load_splat<f32>(d.bias + (output + outputs - 1 << 2));
  }
  const vectorsEnd = w0 + (length & ~15);
  while (w0 < vectorsEnd) {
    const until = min(vectorsEnd, w0 + CHUNK_BYTES);
    let a0 = f32x4.splat(0);
    let a1 = a0;
    let a2 = a0;
    let a3 = a0;
    let b0 = a0;
    let b1 = a0;
    let b2 = a0;
    let b3 = a0;
    // unroll 4
    do {
      const wa = v128.load(w0);
      const wb = v128.load(w1);
      const s0 = v128.load(x0);
      a0 = f32x4.add(a0, f32x4.mul(s0, wa));
      b0 = f32x4.add(b0, f32x4.mul(s0, wb));
      const s1 = v128.load(x1);
      a1 = f32x4.add(a1, f32x4.mul(s1, wa));
      b1 = f32x4.add(b1, f32x4.mul(s1, wb));
      const s2 = v128.load(x2);
      a2 = f32x4.add(a2, f32x4.mul(s2, wa));
      b2 = f32x4.add(b2, f32x4.mul(s2, wb));
      const s3 = v128.load(x3);
      a3 = f32x4.add(a3, f32x4.mul(s3, wa));
      b3 = f32x4.add(b3, f32x4.mul(s3, wb));
      w0 += 16;
      w1 += 16;
      x0 += 16;
      x1 += 16;
      x2 += 16;
      x3 += 16;
    } while (w0 < until);
    totals0 = f32x4.add(totals0, sumsOfLanes(a0, a1, a2, a3));
    totals1 = f32x4.add(totals1, sumsOfLanes(b0, b1, b2, b3));
  }
  const tail = d.inChannels & 3;
  if (tail > 0) {
    const wa = loadTail(w0, tail);
    const wb = loadTail(w1, tail);
    const s0 = loadTail(x0, tail);
    const s1 = loadTail(x1, tail);
    const s2 = loadTail(x2, tail);
    const s3 = loadTail(x3, tail);
    const a = sumsOfLanes(f32x4.mul(s0, wa), f32x4.mul(s1, wa), f32x4.mul(s2, wa), f32x4.mul(s3, wa));
    const b = sumsOfLanes(f32x4.mul(s0, wb), f32x4.mul(s1, wb), f32x4.mul(s2, wb), f32x4.mul(s3, wb));
    totals0 = f32x4.add(totals0, a);
    totals1 = f32x4.add(totals1, b);
  }
  const y = d.y + (row * d.yPixelStride + output << 2);
  const yBytes = d.yPixelStride << 2;
  putColumn(y, yBytes, totals0, rows);
  if (outputs > 1) putColumn(y + 4, yBytes, totals1, rows);
}

/** Stores the first `rows` lanes, one to a row. */
// @ts-ignore: decorator
@inline
function putColumn(y: usize, rowBytes: i32, lanes: v128, rows: i32): void {
  v128.store32_lane(y, lanes, 0);
  if (rows > 1) v128.store32_lane(y + rowBytes, lanes, 1);
  if (rows > 2) v128.store32_lane(y + 2 * rowBytes, lanes, 2);
  if (rows > 3) v128.store32_lane(y + 3 * rowBytes, lanes, 3);
}
