// Input gradient of a convolution with any stride, padding, dilation and groups: a product over taps for each residue of
// the input position modulo the stride, with those taps that meet it. The gradient is never filled up with zeros.

import { finish } from './lib/bands';
import { Conv2dGeometry, kernelTaps } from './lib/conv2d-geometry';
import { PRODUCT_BAND, Target, packedBytes, productScratch } from './lib/product';
import {
  STAGE_BYTES,
  multiply,
  pack,
  packedWeightBytes,
  productBlocks,
  stagesBytes,
  tapsOf,
  targetOf,
} from './lib/product-stages';
import { regionsBytes } from './lib/regions';
import { TAP_BYTES, Taps, addTap } from './lib/taps';
import { ceilDivide } from './lib/vector';

// @ts-ignore: decorator
@unmanaged
class Conv2dInputGradient extends Conv2dGeometry {
  gradient: usize;
  gradientPixelStride: i32;
  weight: usize;
  xGradient: usize;
  xGradientPixelStride: i32;
}

function residues(d: Conv2dGeometry): i32 {
  return d.strideHeight * d.strideWidth;
}

export function conv2dInputGradientWorkspace(d: Conv2dInputGradient): i32 {
  const inner = d.outChannels / d.groups;
  return stagesBytes(d, residues(d)) + packedWeightBytes(d, inner, d.inChannels / d.groups);
}

export function conv2dInputGradientScratch(d: Conv2dInputGradient): i32 {
  let bytes = 0;
  for (let stage = 0; stage < residues(d); stage++) bytes = max(bytes, productScratch(tapsOf(d, stage)));
  return bytes;
}

export function conv2dInputGradientBlocks(d: Conv2dInputGradient, phase: i32): i32 {
  return productBlocks(d, residues(d), phase);
}

export function conv2dInputGradient(d: Conv2dInputGradient, phase: i32, block: i32, scratch: usize): void {
  const taps = kernelTaps(d);
  if (phase == 0) {
    let table = d.workspace + residues(d) * STAGE_BYTES;
    let regions = table + taps * TAP_BYTES;
    let packed = d.workspace + stagesBytes(d, residues(d));
    for (let stage = 0; stage < residues(d); stage++) {
      const t = tapsOf(d, stage);
      const target = targetOf(d, stage);
      t.table = table;
      backwardTaps(d, t, target, stage / d.strideWidth, stage % d.strideWidth);
      finish(t, regions, PRODUCT_BAND);
      target.packed = packed;
      table += t.count * TAP_BYTES;
      regions += regionsBytes(t.count, 1);
      packed += d.groups * packedBytes(t.count * t.channels, target.channels);
    }
  } else if (phase == 1) {
    const channelStride = (d.inChannels / d.groups) * taps;
    const groupStride = (d.outChannels / d.groups) * channelStride;
    pack(d, residues(d), d.weight, groupStride, channelStride, taps, block);
  } else {
    multiply(d, residues(d), block, scratch);
  }
}

/**
 * The taps that reach the input pixels (row + i * stride, column + j * stride), as they look at the gradient: pixel p
 * was read by output q through tap r if q * stride - padding + r * dilation = p.
 */
function backwardTaps(d: Conv2dInputGradient, t: Taps, target: Target, row: i32, column: i32): void {
  t.input = d.gradient;
  t.images = d.batch;
  t.height = d.outHeight;
  t.width = d.outWidth;
  t.pixelStride = d.gradientPixelStride;
  t.channels = d.outChannels / d.groups;
  t.groups = d.groups;
  t.gridHeight = max(0, ceilDivide(d.inHeight - row, d.strideHeight));
  t.gridWidth = max(0, ceilDivide(d.inWidth - column, d.strideWidth));
  t.strideHeight = 1;
  t.strideWidth = 1;
  t.originHeight = 0;
  t.originWidth = 0;
  t.count = 0;
  for (let r = d.kernelHeight - 1; r >= 0; r--) {
    const down = row + d.paddingTop - r * d.dilationHeight;
    if (down % d.strideHeight != 0) continue;
    for (let s = d.kernelWidth - 1; s >= 0; s--) {
      const right = column + d.paddingLeft - s * d.dilationWidth;
      if (right % d.strideWidth != 0) continue;
      addTap(t, down / d.strideHeight, right / d.strideWidth, r * d.kernelWidth + s);
    }
  }
  const pixelBytes = d.xGradientPixelStride << 2;
  target.bias = 0;
  target.epilogue = null;
  target.y = d.xGradient + (row * d.inWidth + column) * pixelBytes;
  target.columnBytes = pixelBytes * d.strideWidth;
  target.rowBytes = pixelBytes * d.inWidth * d.strideHeight;
  target.imageBytes = pixelBytes * d.inWidth * d.inHeight;
  target.channels = d.inChannels / d.groups;
}
