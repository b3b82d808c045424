// Depthwise convolution, one filter for each channel, and its input gradient: the same walk (lib/depthwise-walk.ts).
//
// The workspace of both is the packed weights.

import { DepthwiseGeometry, FETCHED, packPanels, panelBytes } from './lib/depthwise';
import { Axis, axisAt, backwardAxis, forwardAxis } from './lib/depthwise-axis';
import { canSpread, spreadRow } from './lib/depthwise-spread';
import { ZEROS_BYTES, claimRow, fetchRows, rowsPerBlock, walkBlocks, walkRow } from './lib/depthwise-walk';
import { finishPixels, hasEpilogue } from './lib/epilogue';

// --- depthwiseConv2d ---

// @ts-ignore: decorator
@unmanaged
class DepthwiseConv2d extends DepthwiseGeometry {
  x: usize;
  xPixelStride: i32;
  weight: usize;
  bias: usize;
  yPixelStride: i32;
}

export function depthwiseConv2dWorkspace(d: DepthwiseConv2d): i32 {
  return panelBytes(d);
}

export function depthwiseConv2dScratch(d: DepthwiseConv2d): i32 {
  return 2 * offsetof<Axis>() + ZEROS_BYTES;
}

export function depthwiseConv2dBlocks(d: DepthwiseConv2d, phase: i32): i32 {
  return walkBlocks(d, d.batch * d.outHeight, phase);
}

export function depthwiseConv2d(d: DepthwiseConv2d, phase: i32, block: i32, scratch: usize): void {
  if (phase == 0) return packPanels(d, d.weight, block);
  const rows = changetype<Axis>(scratch);
  const columns = axisAt(rows, 1);
  const zeros = changetype<usize>(axisAt(rows, 2));
  memory.fill(zeros, 0, ZEROS_BYTES);
  forwardAxis(rows, d.outHeight, d.inHeight, d.kernelHeight, d.strideHeight, d.dilationHeight, d.paddingTop);
  forwardAxis(columns, d.outWidth, d.inWidth, d.kernelWidth, d.strideWidth, d.dilationWidth, d.paddingLeft);
  const xStep = d.xPixelStride << 2;
  const yStep = d.yPixelStride << 2;
  const count = d.batch * d.outHeight;
  const end = min(count, (block + 1) * rowsPerBlock(count));
  let fetched = 0;
  for (let i = block * rowsPerBlock(count); i < end; i++) {
    const image = i / d.outHeight;
    const row = i - image * d.outHeight;
    const x = d.x + image * d.inHeight * d.inWidth * xStep;
    const y = d.y + i * d.outWidth * yStep;
    if (phase == FETCHED) {
      fetched = fetchRows(rows, row, row == 0 ? 0 : fetched, x, d.inWidth * xStep, zeros + 16);
      claimRow(y, d.outWidth, yStep, d.inChannels);
    }
    walkRow(d, rows, columns, row, x, xStep, d.bias, y, yStep, zeros);
    if (hasEpilogue(d)) finishPixels(d, y, d.outWidth, yStep, 0, d.inChannels);
  }
}

// --- depthwiseConv2dInputGradient ---

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
  return panelBytes(d);
}

export function depthwiseConv2dInputGradientScratch(d: DepthwiseConv2dInputGradient): i32 {
  return (1 + d.strideWidth) * offsetof<Axis>() + ZEROS_BYTES;
}

export function depthwiseConv2dInputGradientBlocks(d: DepthwiseConv2dInputGradient, phase: i32): i32 {
  return walkBlocks(d, d.batch * d.inHeight, phase);
}

export function depthwiseConv2dInputGradient(
  d: DepthwiseConv2dInputGradient,
  phase: i32,
  block: i32,
  scratch: usize,
): void {
  if (phase == 0) return packPanels(d, d.weight, block);
  const rows = changetype<Axis>(scratch);
  const columns = axisAt(rows, 1);
  const zeros = changetype<usize>(axisAt(columns, d.strideWidth));
  memory.fill(zeros, 0, ZEROS_BYTES);
  for (let right = 0; right < d.strideWidth; right++) {
    const axis = axisAt(columns, right);
    backwardAxis(axis, right, d.inWidth, d.outWidth, d.kernelWidth, d.strideWidth, d.dilationWidth, d.paddingLeft);
  }
  const gradientStep = d.gradientPixelStride << 2;
  const step = d.xGradientPixelStride << 2;
  const count = d.batch * d.inHeight;
  const end = min(count, (block + 1) * rowsPerBlock(count));
  let fetched = 0;
  for (let i = block * rowsPerBlock(count); i < end; i++) {
    const image = i / d.inHeight;
    const down = i - image * d.inHeight;
    const row = down / d.strideHeight;
    const residue = down - row * d.strideHeight;
    const gradient = d.gradient + image * d.outHeight * d.outWidth * gradientStep;
    backwardAxis(
      rows, residue, d.inHeight, d.outHeight, d.kernelHeight, d.strideHeight, d.dilationHeight, d.paddingTop,
    );
    const y = d.xGradient + i * d.inWidth * step;
    if (phase == FETCHED) {
      fetched = fetchRows(rows, row, down == 0 ? 0 : fetched, gradient, d.outWidth * gradientStep, zeros + 16);
      claimRow(y, d.inWidth, step, d.inChannels);
    }
    if (canSpread(d, rows)) {
      spreadRow(d, rows, row, gradient, gradientStep, y, step, zeros);
      continue;
    }
    for (let right = 0; right < d.strideWidth; right++) {
      const axis = axisAt(columns, right);
      walkRow(d, rows, axis, row, gradient, gradientStep, 0, y + right * step, step * d.strideWidth, zeros);
    }
  }
}
