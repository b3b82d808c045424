// Convolution with any stride, padding, dilation and groups, as a product over taps.

import { finish } from './lib/bands';
import { Conv2dGeometry, forwardTaps, kernelTaps } from './lib/conv2d-geometry';
import { hasEpilogue } from './lib/epilogue';
import { PRODUCT_BAND, productScratch } from './lib/product';
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
import { TAP_BYTES } from './lib/taps';

// @ts-ignore: decorator
@unmanaged
class Conv2d extends Conv2dGeometry {
  x: usize;
  xPixelStride: i32;
  weight: usize;
  prepared: usize;
  isPrepared: i32;
  bias: usize;
  yPixelStride: i32;
}

export function conv2dPrepared(d: Conv2d): i32 {
  return packedWeightBytes(d, d.inChannels / d.groups, d.outChannels / d.groups);
}

export function conv2dWorkspace(d: Conv2d): i32 {
  return stagesBytes(d, 1);
}

export function conv2dScratch(d: Conv2d): i32 {
  return productScratch(tapsOf(d, 0));
}

export function conv2dBlocks(d: Conv2d, phase: i32): i32 {
  return phase == 1 && d.isPrepared ? 0 : productBlocks(d, 1, phase);
}

export function conv2d(d: Conv2d, phase: i32, block: i32, scratch: usize): void {
  if (phase == 0) {
    const t = tapsOf(d, 0);
    const target = targetOf(d, 0);
    t.table = d.workspace + STAGE_BYTES;
    forwardTaps(d, t, d.x, d.xPixelStride);
    finish(t, t.table + t.count * TAP_BYTES, PRODUCT_BAND);
    target.packed = d.prepared;
    target.bias = d.bias;
    target.epilogue = hasEpilogue(d) ? d : null;
    target.y = d.y;
    target.columnBytes = d.yPixelStride << 2;
    target.rowBytes = target.columnBytes * d.outWidth;
    target.imageBytes = target.rowBytes * d.outHeight;
    target.channels = d.outChannels / d.groups;
  } else if (phase == 1) {
    const taps = kernelTaps(d);
    const outputStride = (d.inChannels / d.groups) * taps;
    const groupStride = (d.outChannels / d.groups) * outputStride;
    pack(d, 1, d.weight, groupStride, taps, outputStride, block);
  } else {
    multiply(d, 1, block, scratch);
  }
}
