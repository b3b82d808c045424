// What every direction of a convolution knows: its sizes, and the pixels of x that each result is made of.

import { Epilogue } from './epilogue';
import { Taps, addTap } from './taps';

// @ts-ignore: decorator
@unmanaged
export class Conv2dGeometry extends Epilogue {
  batch: i32;
  inHeight: i32;
  inWidth: i32;
  inChannels: i32;
  outHeight: i32;
  outWidth: i32;
  outChannels: i32;
  groups: i32;
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

export function kernelTaps(d: Conv2dGeometry): i32 {
  return d.kernelHeight * d.kernelWidth;
}

/** The taps of the convolution as they look at x. */
export function forwardTaps(d: Conv2dGeometry, t: Taps, x: usize, pixelStride: i32): void {
  t.input = x;
  t.images = d.batch;
  t.height = d.inHeight;
  t.width = d.inWidth;
  t.pixelStride = pixelStride;
  t.channels = d.inChannels / d.groups;
  t.groups = d.groups;
  t.gridHeight = d.outHeight;
  t.gridWidth = d.outWidth;
  t.strideHeight = d.strideHeight;
  t.strideWidth = d.strideWidth;
  t.originHeight = -d.paddingTop;
  t.originWidth = -d.paddingLeft;
  t.count = 0;
  for (let r = 0; r < d.kernelHeight; r++) {
    for (let s = 0; s < d.kernelWidth; s++) {
      addTap(t, r * d.dilationHeight, s * d.dilationWidth, r * d.kernelWidth + s);
    }
  }
}
