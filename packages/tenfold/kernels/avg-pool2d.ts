// Average pooling and its gradient: sums over boxes of pixels, first down their rows, whole rows of pixels at a time, then
// along what that leaves. Stride and kernel are in units, so that windows may be fractions of a pixel; positions are counted
// in the padded image.

import { sumBox, sumRows } from './lib/row-sums';
import { copyWords, loadTail, storeTail } from './lib/vector';

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
  return units == 1 ? output * stride : i32((i64(output) * stride) / units);
}

/** Behind the window's last position. */
// @ts-ignore: decorator
@inline
function endOf(output: i32, stride: i32, kernel: i32, units: i32): i32 {
  return units == 1 ? output * stride + kernel : i32((i64(output) * stride + kernel + units - 1) / units);
}

/** Positions of a window that lie in the image (after `padding`) or at most `margin` around it. */
// @ts-ignore: decorator
@inline
function within(start: i32, end: i32, size: i32, padding: i32, margin: i32): i32 {
  return max(0, min(end, padding + size + margin) - max(start, padding - margin));
}

// @ts-ignore: decorator
@unmanaged
class AvgPool2d extends AvgPool2dGeometry {
  x: usize;
  y: usize;
}

/** Whether windows overlap along both axes, so that sums down their rows serve several of them. */
function overlap(d: AvgPool2dGeometry): bool {
  return d.kernelHeight > 1 && d.kernelWidth > d.strideWidth;
}

export function avgPool2dScratch(d: AvgPool2d): i32 {
  return overlap(d) ? d.inWidth * d.channels * 4 : 0;
}

// The scratch is known from phase 1 on; phase 0 has nothing to do.
export function avgPool2dBlocks(d: AvgPool2d, phase: i32): i32 {
  if (phase == 0) return 0;
  return phase == 1 ? d.batch * d.outHeight : -1;
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
  const rowLength = d.inWidth * d.channels;
  const x = d.x + (image * d.inHeight + max(0, top - d.paddingTop)) * (rowLength << 2);
  const overlapping = overlap(d);
  if (overlapping) sumRows(x, rows, rowLength << 2, rowLength, 1, scratch);
  let y = d.y + block * d.outWidth * pixelBytes;
  for (let j = 0; j < d.outWidth; j++) {
    const left = startOf(j, d.strideWidth, d.unitsWidth);
    const right = endOf(j, d.strideWidth, d.kernelWidth, d.unitsWidth);
    const columns = within(left, right, d.inWidth, d.paddingLeft, 0);
    const countedColumns = within(left, right, d.inWidth, d.paddingLeft, d.marginWidth);
    const scale: f32 = 1 / f32(countedRows * countedColumns);
    const offset = max(0, left - d.paddingLeft) * pixelBytes;
    if (overlapping) sumRows(scratch + offset, columns, pixelBytes, d.channels, scale, y);
    else sumBox(x + offset, rows, rowLength << 2, columns, pixelBytes, d.channels, scale, y);
    y += pixelBytes;
  }
}

// @ts-ignore: decorator
@unmanaged
class AvgPool2dGradient extends AvgPool2dGeometry {
  gradient: usize;
  xGradient: usize;
}

export function avgPool2dGradientScratch(d: AvgPool2dGradient): i32 {
  return d.outWidth * d.channels * 4;
}

// The scratch is known from phase 1 on; phase 0 has nothing to do.
export function avgPool2dGradientBlocks(d: AvgPool2dGradient, phase: i32): i32 {
  if (phase == 0) return 0;
  return phase == 1 ? d.batch * d.inHeight : -1;
}

/** One row of one image: each pixel sums over the outputs that read it, which make a box as well. */
export function avgPool2dGradient(d: AvgPool2dGradient, phase: i32, block: i32, scratch: usize): void {
  const image = block / d.inHeight;
  const row = block - image * d.inHeight + d.paddingTop;
  let top = 0;
  while (top < d.outHeight && endOf(top, d.strideHeight, d.kernelHeight, d.unitsHeight) <= row) top++;
  let end = top;
  while (end < d.outHeight && startOf(end, d.strideHeight, d.unitsHeight) <= row) end++;
  const pixelBytes = d.channels << 2;
  let xGradient = d.xGradient + block * d.inWidth * pixelBytes;
  if (top >= end) {
    memory.fill(xGradient, 0, d.inWidth * pixelBytes);
    return;
  }
  if (areSideBySide(d)) {
    const gradient = d.gradient + (image * d.outHeight + top) * d.outWidth * pixelBytes;
    spreadShares(gradient, 1 / f32(d.kernelHeight * d.kernelWidth), d.outWidth, d.kernelWidth, pixelBytes, xGradient);
    return;
  }
  for (let i = top; i < end; i++) {
    const gradient = d.gradient + (image * d.outHeight + i) * d.outWidth * pixelBytes;
    addShares(d, i, gradient, i == top, scratch);
  }
  let left = 0;
  let right = 0;
  for (let j = 0; j < d.inWidth; j++) {
    const column = j + d.paddingLeft;
    while (left < d.outWidth && endOf(left, d.strideWidth, d.kernelWidth, d.unitsWidth) <= column) left++;
    while (right < d.outWidth && startOf(right, d.strideWidth, d.unitsWidth) <= column) right++;
    const sums = scratch + left * pixelBytes;
    if (right - left == 1) copyWords(xGradient, sums, pixelBytes);
    else sumRows(sums, right - left, pixelBytes, d.channels, 1, xGradient);
    xGradient += pixelBytes;
  }
}

/** Whether windows lie side by side and fill the image, channels in vectors. */
function areSideBySide(d: AvgPool2dGradient): bool {
  return (
    d.unitsHeight * d.unitsWidth == 1 &&
    (d.paddingTop | d.paddingLeft | (d.channels & 3)) == 0 &&
    d.kernelHeight == d.strideHeight &&
    d.kernelWidth == d.strideWidth &&
    d.outHeight * d.kernelHeight == d.inHeight &&
    d.outWidth * d.kernelWidth == d.inWidth
  );
}

/** Each of `windows` gives its share to `columns` pixels, which are written in order: that is what memory is fast at. */
function spreadShares(gradient: usize, share: f32, windows: i32, columns: i32, bytes: i32, to: usize): void {
  const shares = f32x4.splat(share);
  for (; windows > 0; windows--, gradient += bytes) {
    for (let pixel = 0; pixel < columns; pixel++, to += bytes) {
      for (let c = 0; c < bytes; c += 16) v128.store(to + c, f32x4.mul(v128.load(gradient + c), shares));
    }
  }
}

/** Adds to `sums`, or begins them with, what each pixel of a window gets of one row of gradients. */
function addShares(d: AvgPool2dGradient, i: i32, gradient: usize, isFirst: bool, sums: usize): void {
  const top = startOf(i, d.strideHeight, d.unitsHeight);
  const bottom = endOf(i, d.strideHeight, d.kernelHeight, d.unitsHeight);
  const rows = within(top, bottom, d.inHeight, d.paddingTop, d.marginHeight);
  const vectors = (d.channels & ~3) << 2;
  const rest = d.channels & 3;
  for (let j = 0; j < d.outWidth; j++) {
    const left = startOf(j, d.strideWidth, d.unitsWidth);
    const right = endOf(j, d.strideWidth, d.kernelWidth, d.unitsWidth);
    const columns = within(left, right, d.inWidth, d.paddingLeft, d.marginWidth);
    const share = f32x4.splat(<f32>1 / f32(rows * columns));
    if (isFirst) {
      for (let c = 0; c < vectors; c += 16) v128.store(sums + c, f32x4.mul(v128.load(gradient + c), share));
      if (rest) storeTail(sums + vectors, f32x4.mul(loadTail(gradient + vectors, rest), share), rest);
    } else {
      for (let c = 0; c < vectors; c += 16) {
        v128.store(sums + c, f32x4.add(v128.load(sums + c), f32x4.mul(v128.load(gradient + c), share)));
      }
      if (rest) {
        const shares = f32x4.mul(loadTail(gradient + vectors, rest), share);
        storeTail(sums + vectors, f32x4.add(loadTail(sums + vectors, rest), shares), rest);
      }
    }
    gradient += d.channels << 2;
    sums += d.channels << 2;
  }
}
