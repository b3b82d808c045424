// What follows a convolution in most networks, done to its results while they are in the cache: normalisation by given
// statistics, the addition of a residual path and an activation, each where there is one. The numbers are those of separate
// kernels, to the bit.

import { NONE } from './activation';
import { normaliseRows } from './channel-rows';

/** The descriptor of a convolution begins with it; that of a gradient too, which has none. */
// @ts-ignore: decorator
@unmanaged
export class Epilogue {
  y: usize;
  /** y = activation((y - normMean) * normFactor + normBias + residual), where the residual lies as y does. */
  normMean: usize;
  normFactor: usize;
  normBias: usize;
  residual: usize;
  activation: i32;
}

// @ts-ignore: decorator
@inline
export function hasEpilogue(e: Epilogue): bool {
  return e.normFactor != 0 || e.residual != 0 || e.activation != NONE;
}

/** Finishes `channels` of the results from number `first` on, in pixels that lie `pixelBytes` apart: at `y` the first number. */
export function finishPixels(
  e: Epilogue,
  y: usize,
  pixels: i32,
  pixelBytes: i32,
  first: i32,
  channels: i32,
): void {
  const c = first << 2;
  const isNormalised = e.normFactor != 0;
  normaliseRows(
    y,
    pixels,
    channels,
    pixelBytes,
    isNormalised ? e.normMean + c : 0,
    isNormalised ? e.normFactor + c : 0,
    isNormalised ? e.normBias + c : 0,
    e.residual ? e.residual + (y - e.y) : 0,
    e.activation,
    y,
  );
}
