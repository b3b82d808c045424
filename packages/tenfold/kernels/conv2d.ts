// Convolution, its input gradient and its weight gradient: any stride, padding, dilation and groups.
//
// Forward and input gradient are products over taps: forward one, the input gradient one for each residue of the
// input position modulo the stride, with those taps that meet it (the gradient is never filled up with zeros).

import {
  OUTER_PRODUCT_BAND,
  Source,
  innerTiles,
  outerProduct,
  outerProductScratch,
  panelsIn,
  partialBytes,
  sumPartials,
  writeOffsets,
} from './lib/outer-product';
import { PANEL, PRODUCT_BAND, Target, packPanel, packedBytes, product, productScratch } from './lib/product';
import { SEGMENT_BYTES, TAP_BYTES, Taps, addTap, finish } from './lib/taps';
import { align16, ceilDivide } from './lib/vector';

/** At least so many blocks, so that the threads finish together. */
const BLOCKS: i32 = 16;
/** Partial sums of the weight gradient may take so many bytes in all. */
const PARTIALS_BYTES: i32 = 8388608;

// @ts-ignore: decorator
@unmanaged
class Conv2dGeometry {
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

// @ts-ignore: decorator
@unmanaged
class Conv2d extends Conv2dGeometry {
  x: usize;
  xPixelStride: i32;
  weight: usize;
  bias: usize;
  y: usize;
  yPixelStride: i32;
}

// @ts-ignore: decorator
@unmanaged
class Conv2dInputGradient extends Conv2dGeometry {
  gradient: usize;
  gradientPixelStride: i32;
  weight: usize;
  xGradient: usize;
  xGradientPixelStride: i32;
}

// @ts-ignore: decorator
@unmanaged
class Conv2dWeightGradient extends Conv2dGeometry {
  x: usize;
  xPixelStride: i32;
  gradient: usize;
  gradientPixelStride: i32;
  weightGradient: usize;
}

function kernelTaps(d: Conv2dGeometry): i32 {
  return d.kernelHeight * d.kernelWidth;
}

// --- products: stages of taps and target, then their tables, then packed weights ---

const STAGE_BYTES: i32 = offsetof<Taps>() + offsetof<Target>();

function tapsOf(d: Conv2dGeometry, stage: i32): Taps {
  return changetype<Taps>(d.workspace + stage * STAGE_BYTES);
}

function targetOf(d: Conv2dGeometry, stage: i32): Target {
  return changetype<Target>(d.workspace + stage * STAGE_BYTES + offsetof<Taps>());
}

function productWorkspace(d: Conv2dGeometry, stages: i32, inner: i32, outer: i32): i32 {
  const taps = kernelTaps(d);
  return (
    align16(stages * STAGE_BYTES + taps * (TAP_BYTES + SEGMENT_BYTES)) + d.groups * packedBytes(taps * inner, outer)
  );
}

function panelsOf(d: Conv2dGeometry): i32 {
  return ceilDivide(targetOf(d, 0).channels, PANEL);
}

/** Into how many parts the panels of a band are divided. */
function panelParts(d: Conv2dGeometry, t: Taps): i32 {
  const bands = t.images * d.groups * t.bands;
  return min(panelsOf(d), max(1, ceilDivide(BLOCKS, max(1, bands))));
}

function productBlocks(d: Conv2dGeometry, stages: i32, phase: i32): i32 {
  if (phase == 0) return 1;
  if (phase == 1) return d.groups * panelsOf(d);
  if (phase > 2) return -1;
  let blocks = 0;
  for (let stage = 0; stage < stages; stage++) blocks += stageBlocks(d, stage);
  return blocks;
}

function stageBlocks(d: Conv2dGeometry, stage: i32): i32 {
  const t = tapsOf(d, stage);
  return t.images * d.groups * t.bands * panelParts(d, t);
}

function pack(
  d: Conv2dGeometry,
  stages: i32,
  weight: usize,
  groupStride: i32,
  channelStride: i32,
  outputStride: i32,
  block: i32,
): void {
  const panels = panelsOf(d);
  const group = block / panels;
  const panel = block - group * panels;
  for (let stage = 0; stage < stages; stage++) {
    const t = tapsOf(d, stage);
    const target = targetOf(d, stage);
    packPanel(
      t,
      weight + (group * groupStride << 2),
      channelStride,
      outputStride,
      target.channels,
      panel,
      target.packed + group * packedBytes(t.count * t.channels, target.channels),
    );
  }
}

function multiply(d: Conv2dGeometry, stages: i32, block: i32, scratch: usize): void {
  let stage = 0;
  while (block >= stageBlocks(d, stage)) block -= stageBlocks(d, stage++);
  const t = tapsOf(d, stage);
  const parts = panelParts(d, t);
  const part = block % parts;
  block /= parts;
  const band = block % t.bands;
  block /= t.bands;
  const panels = panelsOf(d);
  const perPart = ceilDivide(panels, parts);
  const first = min(panels, part * perPart);
  const end = min(panels, first + perPart);
  product(t, targetOf(d, stage), block / d.groups, block % d.groups, band, first, end, scratch);
}

/** The taps of the convolution as they look at x. */
function forwardTaps(d: Conv2dGeometry, t: Taps, x: usize, pixelStride: i32): void {
  t.input = x;
  t.images = d.batch;
  t.height = d.inHeight;
  t.width = d.inWidth;
  t.pixelStride = pixelStride;
  t.channels = d.inChannels / d.groups;
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

// --- conv2d ---

export function conv2dWorkspace(d: Conv2d): i32 {
  return productWorkspace(d, 1, d.inChannels / d.groups, d.outChannels / d.groups);
}

export function conv2dScratch(d: Conv2d): i32 {
  return productScratch(tapsOf(d, 0));
}

export function conv2dBlocks(d: Conv2d, phase: i32): i32 {
  return productBlocks(d, 1, phase);
}

export function conv2d(d: Conv2d, phase: i32, block: i32, scratch: usize): void {
  if (phase == 0) {
    const t = tapsOf(d, 0);
    const target = targetOf(d, 0);
    const taps = kernelTaps(d);
    t.table = d.workspace + STAGE_BYTES;
    forwardTaps(d, t, d.x, d.xPixelStride);
    finish(t, t.table + taps * TAP_BYTES, true, PRODUCT_BAND);
    target.packed = d.workspace + align16(STAGE_BYTES + taps * (TAP_BYTES + SEGMENT_BYTES));
    target.bias = d.bias;
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

// --- conv2dInputGradient ---

function residues(d: Conv2dGeometry): i32 {
  return d.strideHeight * d.strideWidth;
}

export function conv2dInputGradientWorkspace(d: Conv2dInputGradient): i32 {
  return productWorkspace(d, residues(d), d.outChannels / d.groups, d.inChannels / d.groups);
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
    let segments = table + taps * TAP_BYTES;
    let packed = d.workspace + align16(residues(d) * STAGE_BYTES + taps * (TAP_BYTES + SEGMENT_BYTES));
    for (let stage = 0; stage < residues(d); stage++) {
      const t = tapsOf(d, stage);
      const target = targetOf(d, stage);
      t.table = table;
      backwardTaps(d, t, target, stage / d.strideWidth, stage % d.strideWidth);
      finish(t, segments, residues(d) == 1, PRODUCT_BAND);
      target.packed = packed;
      table += t.count * TAP_BYTES;
      segments += t.count * SEGMENT_BYTES;
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
  target.y = d.xGradient + (row * d.inWidth + column) * pixelBytes;
  target.columnBytes = pixelBytes * d.strideWidth;
  target.rowBytes = pixelBytes * d.inWidth * d.strideHeight;
  target.imageBytes = pixelBytes * d.inWidth * d.inHeight;
  target.channels = d.inChannels / d.groups;
}

// --- conv2dWeightGradient: partial sums over bands of pixels, then their sum in a fixed order ---

const TABLES: i32 = offsetof<Taps>() + offsetof<Source>();

function sourceOf(d: Conv2dGeometry): Source {
  return changetype<Source>(d.workspace + offsetof<Taps>());
}

function partials(d: Conv2dGeometry): usize {
  return d.workspace + align16(TABLES + kernelTaps(d) * (TAP_BYTES + SEGMENT_BYTES));
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
  return max(1, min(innerTiles(tapsOf(d, 0)) / 16, BLOCKS / (pixelParts(d) * d.groups)));
}

export function conv2dWeightGradientWorkspace(d: Conv2dWeightGradient): i32 {
  return (
    align16(TABLES + kernelTaps(d) * (TAP_BYTES + SEGMENT_BYTES)) +
    pixelParts(d) * d.groups * sumBytes(d)
  );
}

export function conv2dWeightGradientScratch(d: Conv2dWeightGradient): i32 {
  return outerProductScratch(tapsOf(d, 0), d.outChannels / d.groups);
}

export function conv2dWeightGradientBlocks(d: Conv2dWeightGradient, phase: i32): i32 {
  if (phase == 0) return 1;
  if (phase == 1) return pixelParts(d) * d.groups * innerParts(d);
  if (phase == 2) return d.groups * panelsIn(d.outChannels / d.groups);
  return -1;
}

export function conv2dWeightGradient(d: Conv2dWeightGradient, phase: i32, block: i32, scratch: usize): void {
  if (phase == 0) {
    const t = tapsOf(d, 0);
    const source = sourceOf(d);
    t.table = d.workspace + TABLES;
    forwardTaps(d, t, d.x, d.xPixelStride);
    finish(t, t.table + t.count * TAP_BYTES, true, OUTER_PRODUCT_BAND);
    source.y = d.gradient;
    source.columnBytes = d.gradientPixelStride << 2;
    source.rowBytes = source.columnBytes * d.outWidth;
    source.imageBytes = source.rowBytes * d.outHeight;
    source.channels = d.outChannels / d.groups;
  } else if (phase == 1) {
    sumBands(d, block, scratch);
  } else {
    sumPartials(tapsOf(d, 0), d.groups, d.outChannels / d.groups, pixelParts(d), partials(d), d.weightGradient, block);
  }
}

function sumBands(d: Conv2dWeightGradient, block: i32, scratch: usize): void {
  const t = tapsOf(d, 0);
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
