// Average pooling and its gradient: sums over boxes of pixels. Stride and kernel are in units, so that windows may be
// fractions of a pixel; positions are counted in the padded image.

import { sumBox } from './lib/box-sum';
import { align16, loadTail, storeTail } from './lib/vector';

// @ts-ignore: decorator
@unmanaged
class AvgPool2dGeometry {
  batch: i32;
  inHeight: i32;
  inWidth: i32;
  channels: i32;
  outHeight: i32;
  outWidth: i32;
  kernelHeight: i32;
  kernelWidth: i32;
  strideHeight: i32;
  strideWidth: i32;
  unitsHeight: i32;
  unitsWidth: i32;
  paddingTop: i32;
  paddingLeft: i32;
  marginHeight: i32;
  marginWidth: i32;
}

/** Where the window of an output begins. */
// @ts-ignore: decorator
@inline
function startOf(output: i32, stride: i32, units: i32): i32 {
  return i32((i64(output) * stride) / units);
}

/** Behind the window's last position. */
// @ts-ignore: decorator
@inline
function endOf(output: i32, stride: i32, kernel: i32, units: i32): i32 {
  return i32((i64(output) * stride + kernel + units - 1) / units);
}

/** Positions of a window that lie in the image (after `padding`) or at most `margin` around it. */
// @ts-ignore: decorator
@inline
function within(start: i32, end: i32, size: i32, padding: i32, margin: i32): i32 {
  return max(0, min(end, padding + size + margin) - max(start, padding - margin));
}

/** The first output whose window ends behind a position. */
// @ts-ignore: decorator
@inline
function firstOutput(position: i32, stride: i32, kernel: i32, units: i32): i32 {
  const before = i64(position) * units - kernel;
  return before < 0 ? 0 : i32(before / stride) + 1;
}

/** Behind the last output whose window begins at or before a position. */
// @ts-ignore: decorator
@inline
function endOutput(position: i32, stride: i32, units: i32, outputs: i32): i32 {
  return i32(min<i64>(outputs, (i64(position + 1) * units + stride - 1) / stride));
}

/** y = x / divisor. */
// @ts-ignore: decorator
@inline
function divide(x: usize, channels: i32, divisor: i32, y: usize): void {
  const divisors = f32x4.splat(f32(divisor));
  const vectors = (channels & ~3) << 2;
  const rest = channels & 3;
  for (let c = 0; c < vectors; c += 16) v128.store(y + c, f32x4.div(v128.load(x + c), divisors));
  if (rest) storeTail(y + vectors, f32x4.div(loadTail(x + vectors, rest), divisors), rest);
}

// @ts-ignore: decorator
@unmanaged
class AvgPool2d extends AvgPool2dGeometry {
  x: usize;
  y: usize;
}

export function avgPool2dBlocks(d: AvgPool2d, phase: i32): i32 {
  return phase == 0 ? d.batch * d.outHeight : -1;
}

/** One row of one image. */
export function avgPool2d(d: AvgPool2d, phase: i32, block: i32, scratch: usize): void {
  const image = block / d.outHeight;
  const i = block - image * d.outHeight;
  const top = startOf(i, d.strideHeight, d.unitsHeight);
  const bottom = endOf(i, d.strideHeight, d.kernelHeight, d.unitsHeight);
  const rows = within(top, bottom, d.inHeight, d.paddingTop, 0);
  const countedRows = within(top, bottom, d.inHeight, d.paddingTop, d.marginHeight);
  const pixelBytes = d.channels << 2;
  const rowBytes = d.inWidth * pixelBytes;
  const x = d.x + (image * d.inHeight + max(0, top - d.paddingTop)) * rowBytes;
  let y = d.y + block * d.outWidth * pixelBytes;
  for (let j = 0; j < d.outWidth; j++) {
    const left = startOf(j, d.strideWidth, d.unitsWidth);
    const right = endOf(j, d.strideWidth, d.kernelWidth, d.unitsWidth);
    const columns = within(left, right, d.inWidth, d.paddingLeft, 0);
    const countedColumns = within(left, right, d.inWidth, d.paddingLeft, d.marginWidth);
    const from = x + max(0, left - d.paddingLeft) * pixelBytes;
    sumBox(from, rows, rowBytes, columns, pixelBytes, d.channels, y);
    divide(y, d.channels, countedRows * countedColumns, y);
    y += pixelBytes;
  }
}

// @ts-ignore: decorator
@unmanaged
class AvgPool2dGradient extends AvgPool2dGeometry {
  gradient: usize;
  xGradient: usize;
  workspace: usize;
}

/** What each pixel of a window gets. */
export function avgPool2dGradientWorkspace(d: AvgPool2dGradient): i32 {
  return align16(d.batch * d.outHeight * d.outWidth * d.channels * 4);
}

export function avgPool2dGradientBlocks(d: AvgPool2dGradient, phase: i32): i32 {
  if (phase == 0) return d.batch * d.outHeight;
  return phase == 1 ? d.batch * d.inHeight : -1;
}

export function avgPool2dGradient(d: AvgPool2dGradient, phase: i32, block: i32, scratch: usize): void {
  if (phase == 0) shareOut(d, block);
  else gather(d, block);
}

function shareOut(d: AvgPool2dGradient, block: i32): void {
  const i = block % d.outHeight;
  const top = startOf(i, d.strideHeight, d.unitsHeight);
  const bottom = endOf(i, d.strideHeight, d.kernelHeight, d.unitsHeight);
  const rows = within(top, bottom, d.inHeight, d.paddingTop, d.marginHeight);
  const pixelBytes = d.channels << 2;
  let offset = block * d.outWidth * pixelBytes;
  for (let j = 0; j < d.outWidth; j++) {
    const left = startOf(j, d.strideWidth, d.unitsWidth);
    const right = endOf(j, d.strideWidth, d.kernelWidth, d.unitsWidth);
    const columns = within(left, right, d.inWidth, d.paddingLeft, d.marginWidth);
    divide(d.gradient + offset, d.channels, rows * columns, d.workspace + offset);
    offset += pixelBytes;
  }
}

/** One row of one image: each pixel sums over the outputs that read it, which make a box as well. */
function gather(d: AvgPool2dGradient, block: i32): void {
  const image = block / d.inHeight;
  const row = block - image * d.inHeight + d.paddingTop;
  const top = firstOutput(row, d.strideHeight, d.kernelHeight, d.unitsHeight);
  const rows = endOutput(row, d.strideHeight, d.unitsHeight, d.outHeight) - top;
  const pixelBytes = d.channels << 2;
  const rowBytes = d.outWidth * pixelBytes;
  const shares = d.workspace + (image * d.outHeight + top) * rowBytes;
  let xGradient = d.xGradient + block * d.inWidth * pixelBytes;
  for (let j = 0; j < d.inWidth; j++) {
    const column = j + d.paddingLeft;
    const left = firstOutput(column, d.strideWidth, d.kernelWidth, d.unitsWidth);
    const columns = endOutput(column, d.strideWidth, d.unitsWidth, d.outWidth) - left;
    sumBox(shares + left * pixelBytes, rows, rowBytes, columns, pixelBytes, d.channels, xGradient);
    xGradient += pixelBytes;
  }
}
