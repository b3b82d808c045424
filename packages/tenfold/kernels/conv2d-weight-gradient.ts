// Weight gradient of a convolution with any stride, padding, dilation and groups: partial sums over bands of pixels, then
// their sum in a fixed order.

import { Pixels, finish } from './lib/bands';
import { Conv2dGeometry, forwardTaps, kernelTaps } from './lib/conv2d-geometry';
import {
  INNER_TILE,
  OUTER_PRODUCT_BAND,
  innerTiles,
  outerProduct,
  outerProductScratch,
  panelsIn,
  partialBytes,
  sumPartials,
  writeOffsets,
} from './lib/outer-product';
import { PANEL } from './lib/product-tiles';
import { regionsBytes } from './lib/regions';
import { BLOCKS, TAP_BYTES, Taps } from './lib/taps';
import { align16, ceilDivide } from './lib/vector';

/** Partial sums of the weight gradient may take so many bytes in all. */
const PARTIALS_BYTES: i32 = 8388608;

// @ts-ignore: decorator
@unmanaged
class Conv2dWeightGradient extends Conv2dGeometry {
  x: usize;
  xPixelStride: i32;
  gradient: usize;
  gradientPixelStride: i32;
  weightGradient: usize;
}

const TABLES: i32 = offsetof<Taps>() + offsetof<Pixels>();

function tapsOf(d: Conv2dGeometry): Taps {
  return changetype<Taps>(d.workspace);
}

function sourceOf(d: Conv2dGeometry): Pixels {
  return changetype<Pixels>(d.workspace + offsetof<Taps>());
}

function partialsAt(d: Conv2dGeometry): i32 {
  return align16(TABLES + kernelTaps(d) * TAP_BYTES + regionsBytes(kernelTaps(d), 1));
}

function partials(d: Conv2dGeometry): usize {
  return d.workspace + partialsAt(d);
}

/** Bytes of one partial sum of one group. */
function sumBytes(d: Conv2dGeometry): i32 {
  return partialBytes(kernelTaps(d) * (d.inChannels / d.groups), d.outChannels / d.groups);
}

/** Into how many partial sums the pixels are divided: by sizes alone, so that the result does not depend on threads. */
function pixelParts(d: Conv2dGeometry): i32 {
  const pixels = f64(d.batch) * f64(d.outHeight) * f64(d.outWidth);
  const wanted = min(ceilDivide(BLOCKS, d.groups), i32(Math.max(1, Math.min(65536, pixels / 256))));
  return max(1, min(wanted, PARTIALS_BYTES / max(1, d.groups * sumBytes(d))));
}

/** Into how many parts the inner index is divided, where there are too few partial sums to keep all threads busy. */
function innerParts(d: Conv2dGeometry): i32 {
  return max(1, min(innerTiles(tapsOf(d)) / 16, BLOCKS / (pixelParts(d) * d.groups)));
}

export function conv2dWeightGradientWorkspace(d: Conv2dWeightGradient): i32 {
  return partialsAt(d) + pixelParts(d) * d.groups * sumBytes(d);
}

export function conv2dWeightGradientScratch(d: Conv2dWeightGradient): i32 {
  return outerProductScratch(tapsOf(d), d.outChannels / d.groups);
}

export function conv2dWeightGradientBlocks(d: Conv2dWeightGradient, phase: i32): i32 {
  if (phase == 0) return 1;
  if (phase == 1) return pixelParts(d) * d.groups * innerParts(d);
  if (phase == 2) return d.groups * panelsIn(d.outChannels / d.groups);
  return -1;
}

export function conv2dWeightGradient(d: Conv2dWeightGradient, phase: i32, block: i32, scratch: usize): void {
  if (phase == 0) {
    const t = tapsOf(d);
    const source = sourceOf(d);
    t.table = d.workspace + TABLES;
    forwardTaps(d, t, d.x, d.xPixelStride);
    finish(t, t.table + t.count * TAP_BYTES, OUTER_PRODUCT_BAND, INNER_TILE);
    source.y = d.gradient;
    source.columnBytes = d.gradientPixelStride << 2;
    source.rowBytes = source.columnBytes * d.outWidth;
    source.imageBytes = source.rowBytes * d.outHeight;
    source.channels = d.outChannels / d.groups;
  } else if (phase == 1) {
    sumBands(d, block, scratch);
  } else {
    sumPartials(tapsOf(d), d.groups, d.outChannels / d.groups, pixelParts(d), partials(d), d.weightGradient, block);
  }
}

function sumBands(d: Conv2dWeightGradient, block: i32, scratch: usize): void {
  const t = tapsOf(d);
  const source = sourceOf(d);
  const inners = innerParts(d);
  const inner = block % inners;
  block /= inners;
  const group = block % d.groups;
  const part = block / d.groups;
  const tiles = innerTiles(t);
  const firstTile = i32((i64(tiles) * inner) / inners);
  const endTile = i32((i64(tiles) * (inner + 1)) / inners);
  const partial = partials(d) + (part * d.groups + group) * sumBytes(d);
  const tileBytes = 4 * ceilDivide(source.channels, PANEL) * PANEL * 4;
  memory.fill(partial + firstTile * tileBytes, 0, (endTile - firstTile) * tileBytes);
  writeOffsets(t, scratch);
  const bands = t.images * t.bands;
  const firstBand = i32((i64(bands) * part) / pixelParts(d));
  const endBand = i32((i64(bands) * (part + 1)) / pixelParts(d));
  for (let band = firstBand; band < endBand; band++) {
    const image = band / t.bands;
    outerProduct(t, source, image, group, band - image * t.bands, firstTile, endTile, partial, scratch);
  }
}
