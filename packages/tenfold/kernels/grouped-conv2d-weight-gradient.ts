// Weight gradient of a convolution in groups of at most four output channels, and of input channels in fours: partial sums
// over bands of pixels, then their sum in a fixed order.
//
// The register tile is two vectors of four inner indices (channels of one tap) by the four output channels. So few would
// not pay for packing the pixels once more: they are read where a band's copy has them.

import { BAND_BYTES, Band, Pixels, copiedGroups, finish, openBand } from './lib/bands';
import { Conv2dGeometry, forwardTaps, kernelTaps } from './lib/conv2d-geometry';
import { RUN_BYTES, writeRuns } from './lib/outer-product';
import { SUMS_BYTES } from './lib/sums-of-products';
import { BLOCKS, CHUNK_TERMS, TAP_BYTES, Taps } from './lib/taps';
import { align16, ceilDivide, loadTail } from './lib/vector';

/** Positions in a band. */
const BAND: i32 = 128;
/** Partial sums may take so many bytes in all. */
const PARTIALS_BYTES: i32 = 8388608;

// @ts-ignore: decorator
@unmanaged
class GroupedConv2dWeightGradient extends Conv2dGeometry {
  x: usize;
  xPixelStride: i32;
  gradient: usize;
  gradientPixelStride: i32;
  weightGradient: usize;
}

// --- the workspace: taps, gradient, their tables, then partial sums as [part][group][tile][4][8] ---

const TABLES: i32 = offsetof<Taps>() + offsetof<Pixels>();

function tapsOf(d: Conv2dGeometry): Taps {
  return changetype<Taps>(d.workspace);
}

function sourceOf(d: Conv2dGeometry): Pixels {
  return changetype<Pixels>(d.workspace + offsetof<Taps>());
}

function partialsAt(d: Conv2dGeometry): i32 {
  return align16(TABLES + kernelTaps(d) * TAP_BYTES);
}

function tilesIn(d: Conv2dGeometry): i32 {
  return ceilDivide((kernelTaps(d) * (d.inChannels / d.groups)) >> 2, 2);
}

/** Bytes of one partial sum of one group. */
function sumBytes(d: Conv2dGeometry): i32 {
  return tilesIn(d) * SUMS_BYTES;
}

/** One block sums groups whose pixels share cache lines. */
function groupBlocks(d: Conv2dGeometry): i32 {
  return ceilDivide(d.groups, copiedGroups(d.groups, d.inChannels / d.groups));
}

/** Into how many partial sums the pixels are divided: by sizes alone, so that the result does not depend on threads. */
function pixelParts(d: Conv2dGeometry): i32 {
  const pixels = f64(d.batch) * f64(d.outHeight) * f64(d.outWidth);
  const wanted = min(ceilDivide(BLOCKS, groupBlocks(d)), i32(Math.max(1, Math.min(65536, pixels / 256))));
  return max(1, min(wanted, PARTIALS_BYTES / max(1, d.groups * sumBytes(d))));
}

export function groupedConv2dWeightGradientWorkspace(d: GroupedConv2dWeightGradient): i32 {
  return partialsAt(d) + pixelParts(d) * d.groups * sumBytes(d);
}

/** A band's copy, the band, its runs, and the packed gradient of one group. */
export function groupedConv2dWeightGradientScratch(d: GroupedConv2dWeightGradient): i32 {
  const t = tapsOf(d);
  return gradientsAt(t) + t.bandPositions * 16;
}

function gradientsAt(t: Taps): i32 {
  return align16(t.scratchBytes + BAND_BYTES + (t.bandPositions + 1) * RUN_BYTES);
}

export function groupedConv2dWeightGradientBlocks(d: GroupedConv2dWeightGradient, phase: i32): i32 {
  if (phase == 0) return 1;
  if (phase == 1) return pixelParts(d) * groupBlocks(d);
  if (phase == 2) return d.groups;
  return -1;
}

export function groupedConv2dWeightGradient(
  d: GroupedConv2dWeightGradient,
  phase: i32,
  block: i32,
  scratch: usize,
): void {
  if (phase == 0) {
    const t = tapsOf(d);
    const source = sourceOf(d);
    t.table = d.workspace + TABLES;
    forwardTaps(d, t, d.x, d.xPixelStride);
    finish(t, 0, BAND);
    source.y = d.gradient;
    source.columnBytes = d.gradientPixelStride << 2;
    source.rowBytes = source.columnBytes * d.outWidth;
    source.imageBytes = source.rowBytes * d.outHeight;
    source.channels = d.outChannels / d.groups;
  } else if (phase == 1) {
    sumBands(d, block, scratch);
  } else {
    sumPartials(d, block);
  }
}

function sumBands(d: GroupedConv2dWeightGradient, block: i32, scratch: usize): void {
  const t = tapsOf(d);
  const source = sourceOf(d);
  const part = block / groupBlocks(d);
  const together = copiedGroups(t.groups, t.channels);
  const firstGroup = (block - part * groupBlocks(d)) * together;
  const groups = min(together, d.groups - firstGroup);
  const partial = d.workspace + partialsAt(d) + (part * d.groups + firstGroup) * sumBytes(d);
  memory.fill(partial, 0, groups * sumBytes(d));
  const band = changetype<Band>(scratch + t.scratchBytes);
  const runs = scratch + t.scratchBytes + BAND_BYTES;
  const gradients = scratch + gradientsAt(t);
  const bands = t.images * t.bands;
  const firstBand = i32((i64(bands) * part) / pixelParts(d));
  const endBand = i32((i64(bands) * (part + 1)) / pixelParts(d));
  for (let index = firstBand; index < endBand; index++) {
    const image = index / t.bands;
    openBand(t, source, image, firstGroup, groups, index - image * t.bands, scratch, band);
    const runsEnd = writeRuns(t, source, band, runs);
    for (let group = 0; group < groups; group++) {
      packGradients(source, runs, runsEnd, group * source.channels << 2, gradients);
      sumGroup(t, runs, runsEnd, group * t.groupBytes, gradients, partial + group * sumBytes(d));
    }
  }
}

/** As [position][4], zero beyond the last channel. */
function packGradients(source: Pixels, runs: usize, runsEnd: usize, offset: usize, to: usize): void {
  const step: usize = source.columnBytes;
  const channels = source.channels;
  for (; runs < runsEnd; runs += RUN_BYTES) {
    let y = load<usize>(runs, 4) + offset;
    const end = to + (load<i32>(runs, 8) << 4);
    for (; to < end; to += 16) {
      v128.store(to, channels == 4 ? v128.load(y) : loadTail(y, channels));
      y += step;
    }
  }
}

function sumGroup(t: Taps, runs: usize, runsEnd: usize, xOffset: usize, gradients: usize, to: usize): void {
  const vectors = (t.count * t.channels) >> 2;
  const xStep = t.pixelBytes * t.strideWidth;
  for (let vector = 0; vector < vectors; vector += 2) {
    const offsetA = xOffset + vectorOffset(t, vector);
    const offsetB = xOffset + vectorOffset(t, min(vector + 1, vectors - 1));
    sumTile(runs, runsEnd, offsetA, offsetB, xStep, gradients, to);
    to += SUMS_BYTES;
  }
}

/** Where four channels of one tap lie from the first tap's corner. */
function vectorOffset(t: Taps, vector: i32): usize {
  const perTap = t.channels >> 2;
  const tap = vector / perTap;
  const entry = t.table + tap * TAP_BYTES;
  const row = load<i32>(entry) - t.minRow;
  const column = load<i32>(entry, 4) - t.minColumn;
  return row * t.rowBytes + column * t.pixelBytes + ((vector - tap * perTap) << 4);
}

/** Adds the products of two vectors of pixels with four gradients, summed over all runs, in chunks. */
function sumTile(
  runs: usize,
  runsEnd: usize,
  offsetA: usize,
  offsetB: usize,
  xStep: usize,
  y: usize,
  to: usize,
): void {
  const zero = f32x4.splat(0);
  let a0 = zero;
  let b0 = zero;
  let a1 = zero;
  let b1 = zero;
  let a2 = zero;
  let b2 = zero;
  let a3 = zero;
  let b3 = zero;
  let room = CHUNK_TERMS;
  while (runs < runsEnd) {
    const x = load<usize>(runs);
    let xa = x + offsetA;
    let xb = x + offsetB;
    let left = load<i32>(runs, 8);
    runs += RUN_BYTES;
    while (left > 0) {
      const terms = min(left, room);
      left -= terms;
      room -= terms;
      const end = y + (terms << 4);
      while (y < end) {
        const va = v128.load(xa);
        const vb = v128.load(xb);
        const s0 = v128.load_splat<f32>(y);
        const s1 = v128.load_splat<f32>(y, 4);
        const s2 = v128.load_splat<f32>(y, 8);
        const s3 = v128.load_splat<f32>(y, 12);
        a0 = f32x4.add(a0, f32x4.mul(s0, va));
        b0 = f32x4.add(b0, f32x4.mul(s0, vb));
        a1 = f32x4.add(a1, f32x4.mul(s1, va));
        b1 = f32x4.add(b1, f32x4.mul(s1, vb));
        a2 = f32x4.add(a2, f32x4.mul(s2, va));
        b2 = f32x4.add(b2, f32x4.mul(s2, vb));
        a3 = f32x4.add(a3, f32x4.mul(s3, va));
        b3 = f32x4.add(b3, f32x4.mul(s3, vb));
        xa += xStep;
        xb += xStep;
        y += 16;
      }
      if (room == 0 || (left == 0 && runs == runsEnd)) {
        v128.store(to, f32x4.add(a0, v128.load(to)));
        v128.store(to, f32x4.add(b0, v128.load(to, 16)), 16);
        v128.store(to, f32x4.add(a1, v128.load(to, 32)), 32);
        v128.store(to, f32x4.add(b1, v128.load(to, 48)), 48);
        v128.store(to, f32x4.add(a2, v128.load(to, 64)), 64);
        v128.store(to, f32x4.add(b2, v128.load(to, 80)), 80);
        v128.store(to, f32x4.add(a3, v128.load(to, 96)), 96);
        v128.store(to, f32x4.add(b3, v128.load(to, 112)), 112);
        a0 = zero;
        b0 = zero;
        a1 = zero;
        b1 = zero;
        a2 = zero;
        b2 = zero;
        a3 = zero;
        b3 = zero;
        room = CHUNK_TERMS;
      }
    }
  }
}

/** Adds the partial sums of one group, in order, and puts them in the weight's order, [out, in / groups, row, column]. */
function sumPartials(d: GroupedConv2dWeightGradient, group: i32): void {
  const t = tapsOf(d);
  const outputs = d.outChannels / d.groups;
  const perTap = t.channels >> 2;
  const parts = pixelParts(d);
  const partStep = d.groups * sumBytes(d);
  const first = d.workspace + partialsAt(d) + group * sumBytes(d);
  let to = d.weightGradient + (group * outputs * t.channels * t.count << 2);
  for (let output = 0; output < outputs; output++) {
    const row = first + (output << 5);
    for (let c = 0; c < t.channels; c++) {
      for (let tap = 0; tap < t.count; tap++) {
        const vector = tap * perTap + (c >> 2);
        let from = row + (vector >> 1) * SUMS_BYTES + ((vector & 1) << 4) + ((c & 3) << 2);
        let sum: f32 = 0;
        for (let part = 0; part < parts; part++) {
          sum += load<f32>(from);
          from += partStep;
        }
        store<f32>(to, sum);
        to += 4;
      }
    }
  }
}
