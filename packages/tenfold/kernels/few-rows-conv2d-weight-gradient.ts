// Weight gradient of a 1x1 convolution of a few pixels: an outer product, which is written once, in the weight's order.

import { Conv2dGeometry } from './lib/conv2d-geometry';
import { ROWS, outputBlocks, outputsPerBlock, rowsOf } from './lib/few-rows';

/** Columns that are written of one output after the other, as many as the nearest cache holds of four rows of x. */
const PIECE: i32 = 1024;

// @ts-ignore: decorator
@unmanaged
class FewRowsConv2dWeightGradient extends Conv2dGeometry {
  x: usize;
  xPixelStride: i32;
  gradient: usize;
  gradientPixelStride: i32;
  weightGradient: usize;
}

export function fewRowsConv2dWeightGradientBlocks(d: FewRowsConv2dWeightGradient, phase: i32): i32 {
  return phase == 0 ? outputBlocks(d) : -1;
}

export function fewRowsConv2dWeightGradient(
  d: FewRowsConv2dWeightGradient,
  phase: i32,
  block: i32,
  scratch: usize,
): void {
  const rows = rowsOf(d);
  const fours = rows - (rows % ROWS);
  const first = block * outputsPerBlock(d);
  const end = min(d.outChannels, first + outputsPerBlock(d));
  const rowBytes = d.xPixelStride << 2;
  const gradientBytes = d.gradientPixelStride << 2;
  for (let column = 0; column < d.inChannels; column += PIECE) {
    const columns = min(PIECE, d.inChannels - column);
    for (let output = first; output < end; output += 2) {
      const y0 = d.weightGradient + (output * d.inChannels + column << 2);
      const isPair = output + 1 < end;
      // Without a second output, the first one is computed twice.
      const y1 = isPair ? y0 + (d.inChannels << 2) : y0;
      const next = isPair ? 4 : 0;
      let x = d.x + (column << 2);
      let gradient = d.gradient + (output << 2);
      for (let row = 0; row < fours; row += ROWS) {
        addFour(x, rowBytes, gradient, gradientBytes, next, y0, y1, columns, row == 0);
        x += ROWS * rowBytes;
        gradient += ROWS * gradientBytes;
      }
      for (let row = fours; row < rows; row++) {
        addRow(x, load<f32>(gradient), y0, columns, row == 0);
        if (isPair) addRow(x, load<f32>(gradient, 4), y1, columns, row == 0);
        x += rowBytes;
        gradient += gradientBytes;
      }
    }
  }
}

function addFour(
  x0: usize,
  rowBytes: i32,
  gradient: usize,
  gradientBytes: i32,
  next: i32,
  y0: usize,
  y1: usize,
  columns: i32,
  fresh: bool,
): void {
  const g1 = gradient + gradientBytes;
  const g2 = g1 + gradientBytes;
  const g3 = g2 + gradientBytes;
  const a0 = v128.load_splat<f32>(gradient);
  const a1 = v128.load_splat<f32>(g1);
  const a2 = v128.load_splat<f32>(g2);
  const a3 = v128.load_splat<f32>(g3);
  const b0 = v128.load_splat<f32>(gradient + next);
  const b1 = v128.load_splat<f32>(g1 + next);
  const b2 = v128.load_splat<f32>(g2 + next);
  const b3 = v128.load_splat<f32>(g3 + next);
  let x1 = x0 + rowBytes;
  let x2 = x1 + rowBytes;
  let x3 = x2 + rowBytes;
  const end = x0 + (columns << 2);
  const vectorsEnd = x0 + ((columns & ~3) << 2);
  while (x0 < vectorsEnd) {
    const s0 = v128.load(x0);
    const s1 = v128.load(x1);
    const s2 = v128.load(x2);
    const s3 = v128.load(x3);
    let a = f32x4.mul(s0, a0);
    let b = f32x4.mul(s0, b0);
    if (!fresh) {
      a = f32x4.add(v128.load(y0), a);
      b = f32x4.add(v128.load(y1), b);
    }
    a = f32x4.add(f32x4.add(f32x4.add(a, f32x4.mul(s1, a1)), f32x4.mul(s2, a2)), f32x4.mul(s3, a3));
    b = f32x4.add(f32x4.add(f32x4.add(b, f32x4.mul(s1, b1)), f32x4.mul(s2, b2)), f32x4.mul(s3, b3));
    v128.store(y0, a);
    v128.store(y1, b);
    x0 += 16;
    x1 += 16;
    x2 += 16;
    x3 += 16;
    y0 += 16;
    y1 += 16;
  }
  while (x0 < end) {
    let a = load<f32>(x0) * f32x4.extract_lane(a0, 0);
    let b = load<f32>(x0) * f32x4.extract_lane(b0, 0);
    if (!fresh) {
      a = load<f32>(y0) + a;
      b = load<f32>(y1) + b;
    }
    a = a + load<f32>(x1) * f32x4.extract_lane(a1, 0) + load<f32>(x2) * f32x4.extract_lane(a2, 0) + load<f32>(x3) * f32x4.extract_lane(a3, 0);
    b = b + load<f32>(x1) * f32x4.extract_lane(b1, 0) + load<f32>(x2) * f32x4.extract_lane(b2, 0) + load<f32>(x3) * f32x4.extract_lane(b3, 0);
    store<f32>(y0, a);
    store<f32>(y1, b);
    x0 += 4;
    x1 += 4;
    x2 += 4;
    x3 += 4;
    y0 += 4;
    y1 += 4;
  }
}

function addRow(x: usize, gradient: f32, y: usize, columns: i32, fresh: bool): void {
  const factor = f32x4.splat(gradient);
  const end = x + (columns << 2);
  const vectorsEnd = x + ((columns & ~3) << 2);
  for (; x < vectorsEnd; x += 16, y += 16) {
    const product = f32x4.mul(v128.load(x), factor);
    v128.store(y, fresh ? product : f32x4.add(v128.load(y), product));
  }
  for (; x < end; x += 4, y += 4) {
    const product = load<f32>(x) * gradient;
    store<f32>(y, fresh ? product : load<f32>(y) + product);
  }
}
