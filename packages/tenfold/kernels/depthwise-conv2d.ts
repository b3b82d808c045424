// Depthwise convolution, one filter for each channel, and its gradients. Channels lie in vector lanes, and the weights
// are turned to [tap][channel] first.

import { align16, ceilDivide } from './lib/vector';

// @ts-ignore: decorator
@unmanaged
class DepthwiseGeometry {
  batch: i32;
  inHeight: i32;
  inWidth: i32;
  inChannels: i32;
  outHeight: i32;
  outWidth: i32;
  kernelHeight: i32;
  kernelWidth: i32;
  strideHeight: i32;
  strideWidth: i32;
  dilationHeight: i32;
  dilationWidth: i32;
  paddingTop: i32;
  paddingLeft: i32;
  workspace: usize;
}

// @ts-ignore: decorator
@unmanaged
class DepthwiseConv2d extends DepthwiseGeometry {
  x: usize;
  xPixelStride: i32;
  weight: usize;
  bias: usize;
  y: usize;
  yPixelStride: i32;
}

/** Adds a * b, channel by channel, to y. */
// @ts-ignore: decorator
@inline
function multiplyAdd(a: usize, b: usize, y: usize, channels: i32): void {
  const bytes = channels << 2;
  let c = 0;
  for (; c + 16 <= bytes; c += 16) {
    v128.store(y + c, f32x4.add(v128.load(y + c), f32x4.mul(v128.load(a + c), v128.load(b + c))));
  }
  for (; c < bytes; c += 4) store<f32>(y + c, load<f32>(y + c) + load<f32>(a + c) * load<f32>(b + c));
}

function weightBytes(d: DepthwiseGeometry): i32 {
  return align16(d.kernelHeight * d.kernelWidth * d.inChannels * 4);
}

function turnWeights(d: DepthwiseGeometry, weight: usize): void {
  const taps = d.kernelHeight * d.kernelWidth;
  for (let tap = 0; tap < taps; tap++) {
    for (let c = 0; c < d.inChannels; c++) {
      store<f32>(d.workspace + (tap * d.inChannels + c << 2), load<f32>(weight + (c * taps + tap << 2)));
    }
  }
}

export function depthwiseConv2dWorkspace(d: DepthwiseConv2d): i32 {
  return weightBytes(d);
}

export function depthwiseConv2dBlocks(d: DepthwiseConv2d, phase: i32): i32 {
  if (phase == 0) return 1;
  return phase == 1 ? d.batch * d.outHeight : -1;
}

/** One row of one image. */
export function depthwiseConv2d(d: DepthwiseConv2d, phase: i32, block: i32, scratch: usize): void {
  if (phase == 0) return turnWeights(d, d.weight);
  const image = block / d.outHeight;
  const top = (block - image * d.outHeight) * d.strideHeight - d.paddingTop;
  const pixelBytes = d.xPixelStride << 2;
  for (let j = 0; j < d.outWidth; j++) {
    const left = j * d.strideWidth - d.paddingLeft;
    const y = d.y + (block * d.outWidth + j) * d.yPixelStride * 4;
    if (d.bias) memory.copy(y, d.bias, d.inChannels << 2);
    else memory.fill(y, 0, d.inChannels << 2);
    for (let r = 0; r < d.kernelHeight; r++) {
      const row = top + r * d.dilationHeight;
      if (u32(row) >= u32(d.inHeight)) continue;
      for (let s = 0; s < d.kernelWidth; s++) {
        const column = left + s * d.dilationWidth;
        if (u32(column) >= u32(d.inWidth)) continue;
        const x = d.x + ((image * d.inHeight + row) * d.inWidth + column) * pixelBytes;
        const weight = d.workspace + (r * d.kernelWidth + s) * d.inChannels * 4;
        multiplyAdd(x, weight, y, d.inChannels);
      }
    }
  }
}

// @ts-ignore: decorator
@unmanaged
class DepthwiseConv2dInputGradient extends DepthwiseGeometry {
  gradient: usize;
  gradientPixelStride: i32;
  weight: usize;
  xGradient: usize;
  xGradientPixelStride: i32;
}

export function depthwiseConv2dInputGradientWorkspace(d: DepthwiseConv2dInputGradient): i32 {
  return weightBytes(d);
}

export function depthwiseConv2dInputGradientBlocks(d: DepthwiseConv2dInputGradient, phase: i32): i32 {
  if (phase == 0) return 1;
  return phase == 1 ? d.batch * d.inHeight : -1;
}

/** One row of one image: pixel p was read by output q through tap r if q * stride - padding + r * dilation = p. */
export function depthwiseConv2dInputGradient(
  d: DepthwiseConv2dInputGradient,
  phase: i32,
  block: i32,
  scratch: usize,
): void {
  if (phase == 0) return turnWeights(d, d.weight);
  const image = block / d.inHeight;
  const down = block - image * d.inHeight + d.paddingTop;
  const pixelBytes = d.gradientPixelStride << 2;
  for (let j = 0; j < d.inWidth; j++) {
    const right = j + d.paddingLeft;
    const xGradient = d.xGradient + (block * d.inWidth + j) * d.xGradientPixelStride * 4;
    memory.fill(xGradient, 0, d.inChannels << 2);
    for (let r = 0; r < d.kernelHeight; r++) {
      const row = outputOf(down - r * d.dilationHeight, d.strideHeight, d.outHeight);
      if (row < 0) continue;
      for (let s = 0; s < d.kernelWidth; s++) {
        const column = outputOf(right - s * d.dilationWidth, d.strideWidth, d.outWidth);
        if (column < 0) continue;
        const gradient = d.gradient + ((image * d.outHeight + row) * d.outWidth + column) * pixelBytes;
        const weight = d.workspace + (r * d.kernelWidth + s) * d.inChannels * 4;
        multiplyAdd(gradient, weight, xGradient, d.inChannels);
      }
    }
  }
}

/** The output whose window starts at `start`, or -1. */
// @ts-ignore: decorator
@inline
function outputOf(start: i32, stride: i32, outputs: i32): i32 {
  if (start < 0 || start % stride != 0) return -1;
  const output = start / stride;
  return output < outputs ? output : -1;
}

// @ts-ignore: decorator
@unmanaged
class DepthwiseConv2dWeightGradient extends DepthwiseGeometry {
  x: usize;
  xPixelStride: i32;
  gradient: usize;
  gradientPixelStride: i32;
  weightGradient: usize;
}

const MAX_PARTS: i32 = 16;

/** Into how many partial sums the rows of all images are divided: by sizes alone. */
function partsOf(d: DepthwiseGeometry): i32 {
  return max(1, min(MAX_PARTS, d.batch * d.outHeight));
}

export function depthwiseConv2dWeightGradientWorkspace(d: DepthwiseConv2dWeightGradient): i32 {
  return partsOf(d) * weightBytes(d);
}

export function depthwiseConv2dWeightGradientBlocks(d: DepthwiseConv2dWeightGradient, phase: i32): i32 {
  if (phase == 0) return partsOf(d);
  return phase == 1 ? ceilDivide(d.inChannels, 16) : -1;
}

export function depthwiseConv2dWeightGradient(
  d: DepthwiseConv2dWeightGradient,
  phase: i32,
  block: i32,
  scratch: usize,
): void {
  if (phase == 1) return sumParts(d, block * 16, min(d.inChannels, block * 16 + 16));
  const rows = d.batch * d.outHeight;
  const parts = partsOf(d);
  const sums = d.workspace + block * weightBytes(d);
  memory.fill(sums, 0, weightBytes(d));
  const end = i32((i64(rows) * (block + 1)) / parts);
  for (let row = i32((i64(rows) * block) / parts); row < end; row++) addRow(d, row, sums);
}

function addRow(d: DepthwiseConv2dWeightGradient, outRow: i32, sums: usize): void {
  const image = outRow / d.outHeight;
  const top = (outRow - image * d.outHeight) * d.strideHeight - d.paddingTop;
  for (let r = 0; r < d.kernelHeight; r++) {
    const row = top + r * d.dilationHeight;
    if (u32(row) >= u32(d.inHeight)) continue;
    for (let s = 0; s < d.kernelWidth; s++) {
      const sum = sums + (r * d.kernelWidth + s) * d.inChannels * 4;
      for (let j = 0; j < d.outWidth; j++) {
        const column = j * d.strideWidth - d.paddingLeft + s * d.dilationWidth;
        if (u32(column) >= u32(d.inWidth)) continue;
        multiplyAdd(
          d.x + ((image * d.inHeight + row) * d.inWidth + column) * d.xPixelStride * 4,
          d.gradient + (outRow * d.outWidth + j) * d.gradientPixelStride * 4,
          sum,
          d.inChannels,
        );
      }
    }
  }
}

function sumParts(d: DepthwiseConv2dWeightGradient, first: i32, end: i32): void {
  const taps = d.kernelHeight * d.kernelWidth;
  const parts = partsOf(d);
  for (let c = first; c < end; c++) {
    for (let tap = 0; tap < taps; tap++) {
      let total: f32 = 0;
      for (let part = 0; part < parts; part++) {
        total += load<f32>(d.workspace + part * weightBytes(d) + (tap * d.inChannels + c << 2));
      }
      store<f32>(d.weightGradient + (c * taps + tap << 2), total);
    }
  }
}
