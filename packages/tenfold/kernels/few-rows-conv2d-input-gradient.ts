// Input gradient of a 1x1 convolution of a few pixels. A block owns some columns of the result; it reads its part of the
// weights of two outputs at a time and adds them to its sums, which stay in the cache.

import { Conv2dGeometry } from './lib/conv2d-geometry';
import { ROWS, rowsOf } from './lib/few-rows';
import { BLOCKS, CHUNK_TERMS } from './lib/taps';
import { ceilDivide, storeTail } from './lib/vector';

/** Columns of a block, in fours: at least what makes reading worth while, at most what a cache holds the sums of. */
const LEAST_VECTORS: i32 = 32;
const MOST_VECTORS: i32 = 512;

// @ts-ignore: decorator
@unmanaged
class FewRowsConv2dInputGradient extends Conv2dGeometry {
  gradient: usize;
  gradientPixelStride: i32;
  weight: usize;
  xGradient: usize;
  xGradientPixelStride: i32;
}

function vectorsPerBlock(d: Conv2dGeometry): i32 {
  const vectors = ceilDivide(d.inChannels, 4);
  return min(MOST_VECTORS, max(LEAST_VECTORS, ceilDivide(vectors, BLOCKS)));
}

/** Bytes of the sums of four rows: [vector][row][4]. */
function tileBytes(d: Conv2dGeometry): i32 {
  return vectorsPerBlock(d) * ROWS * 16;
}

function sumsBytes(d: Conv2dGeometry): i32 {
  return ceilDivide(rowsOf(d), ROWS) * tileBytes(d);
}

/** The sums of a chunk, and of the chunks before it. */
export function fewRowsConv2dInputGradientScratch(d: FewRowsConv2dInputGradient): i32 {
  return 2 * sumsBytes(d);
}

export function fewRowsConv2dInputGradientBlocks(d: FewRowsConv2dInputGradient, phase: i32): i32 {
  // Only later phases have scratch memory.
  if (phase == 0) return 0;
  return phase == 1 ? ceilDivide(d.inChannels, vectorsPerBlock(d) * 4) : -1;
}

export function fewRowsConv2dInputGradient(
  d: FewRowsConv2dInputGradient,
  phase: i32,
  block: i32,
  scratch: usize,
): void {
  const rows = rowsOf(d);
  const firstColumn = block * vectorsPerBlock(d) * 4;
  const columns = min(vectorsPerBlock(d) * 4, d.inChannels - firstColumn);
  const length = d.inChannels << 2;
  const totals = scratch + sumsBytes(d);
  memory.fill(totals, 0, sumsBytes(d));
  for (let first = 0; first < d.outChannels; first += CHUNK_TERMS) {
    memory.fill(scratch, 0, sumsBytes(d));
    const end = min(d.outChannels, first + CHUNK_TERMS);
    for (let output = first; output < end; output += 2) {
      const weight = d.weight + output * length + (firstColumn << 2);
      for (let row = 0; row < rows; row += ROWS) {
        const sums = scratch + (row / ROWS) * tileBytes(d);
        const gradient = d.gradient + (row * d.gradientPixelStride + output << 2);
        if (output + 1 < end) addTwo(d, gradient, rows - row, weight, columns, sums);
        else addOne(d, gradient, rows - row, weight, columns, sums);
      }
    }
    for (let i = 0; i < sumsBytes(d); i += 16) {
      v128.store(totals + i, f32x4.add(v128.load(totals + i), v128.load(scratch + i)));
    }
  }
  for (let row = 0; row < rows; row++) {
    const from = totals + (row / ROWS) * tileBytes(d) + (row % ROWS) * 16;
    putRow(from, d.xGradient + (row * d.xGradientPixelStride + firstColumn << 2), columns);
  }
}

/** Rows that there are not are computed as the last one there is. */
// @ts-ignore: decorator
@inline
function ofRow(d: FewRowsConv2dInputGradient, gradient: usize, row: i32, rows: i32): v128 {
  return v128.load_splat<f32>(gradient + (min(row, rows - 1) * d.gradientPixelStride << 2));
}

function addTwo(
  d: FewRowsConv2dInputGradient,
  gradient: usize,
  rows: i32,
  w0: usize,
  columns: i32,
  sums: usize,
): void {
  const a0 = ofRow(d, gradient, 0, rows);
  const a1 = ofRow(d, gradient, 1, rows);
  const a2 = ofRow(d, gradient, 2, rows);
  const a3 = ofRow(d, gradient, 3, rows);
  const b0 = ofRow(d, gradient + 4, 0, rows);
  const b1 = ofRow(d, gradient + 4, 1, rows);
  const b2 = ofRow(d, gradient + 4, 2, rows);
  const b3 = ofRow(d, gradient + 4, 3, rows);
  let w1 = w0 + (d.inChannels << 2);
  const end = w0 + (columns << 2);
  for (; w0 < end; w0 += 16, w1 += 16, sums += ROWS * 16) {
    const wa = v128.load(w0);
    const wb = v128.load(w1);
    v128.store(sums, f32x4.add(f32x4.add(v128.load(sums), f32x4.mul(a0, wa)), f32x4.mul(b0, wb)));
    v128.store(sums, f32x4.add(f32x4.add(v128.load(sums, 16), f32x4.mul(a1, wa)), f32x4.mul(b1, wb)), 16);
    v128.store(sums, f32x4.add(f32x4.add(v128.load(sums, 32), f32x4.mul(a2, wa)), f32x4.mul(b2, wb)), 32);
    v128.store(sums, f32x4.add(f32x4.add(v128.load(sums, 48), f32x4.mul(a3, wa)), f32x4.mul(b3, wb)), 48);
  }
}

function addOne(
  d: FewRowsConv2dInputGradient,
  gradient: usize,
  rows: i32,
  weight: usize,
  columns: i32,
  sums: usize,
): void {
  const a0 = ofRow(d, gradient, 0, rows);
  const a1 = ofRow(d, gradient, 1, rows);
  const a2 = ofRow(d, gradient, 2, rows);
  const a3 = ofRow(d, gradient, 3, rows);
  const end = weight + (columns << 2);
  for (; weight < end; weight += 16, sums += ROWS * 16) {
    const w = v128.load(weight);
    v128.store(sums, f32x4.add(v128.load(sums), f32x4.mul(a0, w)));
    v128.store(sums, f32x4.add(v128.load(sums, 16), f32x4.mul(a1, w)), 16);
    v128.store(sums, f32x4.add(v128.load(sums, 32), f32x4.mul(a2, w)), 32);
    v128.store(sums, f32x4.add(v128.load(sums, 48), f32x4.mul(a3, w)), 48);
  }
}

function putRow(from: usize, to: usize, columns: i32): void {
  for (; columns >= 4; columns -= 4) {
    v128.store(to, v128.load(from));
    from += ROWS * 16;
    to += 16;
  }
  if (columns > 0) storeTail(to, v128.load(from), columns);
}
