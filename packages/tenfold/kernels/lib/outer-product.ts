// Transposed matrix product over taps: [taps x channels] by output channels, summed over positions. It is what the
// weight gradient of a convolution is made of.
//
// The register tile is 4 inner indices (from the image) by 8 output channels (from the gradient). Of each band the gradient
// is packed once, and the image once for each tile of inner indices. Sums are taken in chunks and then added to the
// partial sum: one running sum over all pixels would lose a decimal digit.

import { BAND_BYTES, Band, Pixels, openBand, xAt, yAt } from './bands';
import { PANEL } from './product-tiles';
import { isInside } from './regions';
import { SUMS_BYTES, sumProducts } from './sums-of-products';
import { TAP_BYTES, Taps } from './taps';
import { align16, ceilDivide } from './vector';

/** Positions in a band: enough for the partial sums to be touched rarely. */
export const OUTER_PRODUCT_BAND: i32 = 256;

/** Inner indices in a register tile. */
export const INNER_TILE: i32 = 4;

export const RUN_BYTES: i32 = 12;

/** Tiles of four along the inner index. */
export function innerTiles(t: Taps): i32 {
  return ceilDivide(t.count * t.channels, INNER_TILE);
}

/** `outputs` of one group. */
export function outerProductScratch(t: Taps, outputs: i32): i32 {
  return packedAt(t) + t.bandPositions * 16 + panelsIn(outputs) * panelBytes(t);
}

// Behind a band's copy lie the band, its runs, the offsets of inner indices, the packed tile of the image and the packed
// gradient.

function runsAt(t: Taps): i32 {
  return t.scratchBytes + BAND_BYTES;
}

function offsetsAt(t: Taps): i32 {
  return runsAt(t) + (t.bandPositions + 1) * RUN_BYTES;
}

function packedAt(t: Taps): i32 {
  return align16(offsetsAt(t) + innerTiles(t) * 16);
}

/** One cache line more than the rows take, lest panels lie a power of two apart. */
function panelBytes(t: Taps): i32 {
  return t.bandPositions * 32 + 64;
}

/**
 * Where each inner index lies, in bytes from the first tap's corner; the last one fills up the last tile. Callers write
 * them once to their scratch, after which `outerProduct` may be called for many bands.
 */
export function writeOffsets(t: Taps, scratch: usize): void {
  const offsets = scratch + offsetsAt(t);
  let index = 0;
  let offset = 0;
  for (let i = 0; i < t.count; i++) {
    const entry = t.table + i * TAP_BYTES;
    offset =
      (load<i32>(entry) - t.minRow) * t.rowBytes + (load<i32>(entry, 4) - t.minColumn) * t.pixelBytes;
    for (let c = 0; c < t.channels; c++) {
      store<i32>(offsets + (index++ << 2), offset);
      offset += 4;
    }
  }
  while ((index & 3) != 0) store<i32>(offsets + (index++ << 2), offset - 4);
}

/** Adds band number `index` of one image and group to inner tiles [firstTile, endTile) of a partial sum. */
export function outerProduct(
  t: Taps,
  source: Pixels,
  image: i32,
  group: i32,
  index: i32,
  firstTile: i32,
  endTile: i32,
  partial: usize,
  scratch: usize,
): void {
  const band = changetype<Band>(scratch + t.scratchBytes);
  openBand(t, source, image, group, 1, index, scratch, band);
  const runs = scratch + runsAt(t);
  const offsets = scratch + offsetsAt(t);
  const pixels = scratch + packedAt(t);
  const gradients = pixels + t.bandPositions * 16;
  const runsEnd = writeRuns(t, source, band, runs);
  const xStep = t.pixelBytes * t.strideWidth;
  const panels = panelsIn(source.channels);
  packGradients(runs, runsEnd, source.columnBytes, panels, gradients, panelBytes(t));
  for (let i = firstTile; i < endTile; i++) {
    if (isOutside(t, band, i)) continue;
    packPixels(runs, runsEnd, offsets + (i << 4), xStep, pixels);
    for (let panel = 0; panel < panels; panel++) {
      const sums = partial + (i * panels + panel) * SUMS_BYTES;
      sumProducts(pixels, gradients + panel * panelBytes(t), band.count, sums, false);
    }
  }
}

/** Whether the band does not see the tap of this inner tile, which is of one tap alone where there are several regions. */
function isOutside(t: Taps, band: Band, tile: i32): bool {
  const region = band.region;
  return region != null && !isInside(t, region, t.table + ((tile * INNER_TILE) / t.channels) * TAP_BYTES);
}

/** The band as runs of positions with even steps: address in the image, address in the gradient, number of positions. */
export function writeRuns(t: Taps, source: Pixels, band: Band, runs: usize): usize {
  const columns = band.columns;
  const xStep = t.pixelBytes * t.strideWidth;
  let left = band.count;
  let row = band.first / columns;
  let column = band.first - row * columns;
  let xEnd: usize = 0;
  let yEnd: usize = 0;
  while (left > 0) {
    const x = xAt(t, band, row) + column * xStep;
    const y = yAt(source, band, row) + column * source.columnBytes;
    const length = min(left, columns - column);
    // Rows that follow each other without a gap in both make one run.
    if (x != xEnd || y != yEnd) {
      store<usize>(runs, x);
      store<usize>(runs, y, 4);
      store<i32>(runs, 0, 8);
      runs += RUN_BYTES;
    }
    store<i32>(runs - RUN_BYTES, load<i32>(runs - RUN_BYTES, 8) + length, 8);
    xEnd = x + length * xStep;
    yEnd = y + length * source.columnBytes;
    left -= length;
    column = 0;
    row++;
  }
  return runs;
}

/** As [panel][position][8]. Lanes of the last panel that are no channels hold numbers without meaning. */
function packGradients(
  runs: usize,
  runsEnd: usize,
  yStep: i32,
  panels: i32,
  packed: usize,
  panelStride: i32,
): void {
  for (; runs < runsEnd; runs += RUN_BYTES) {
    let y = load<usize>(runs, 4);
    for (let left = load<i32>(runs, 8); left > 0; left--) {
      let to = packed;
      for (let panel = 0; panel < panels; panel++) {
        const from = y + panel * PANEL * 4;
        v128.store(to, v128.load(from));
        v128.store(to, v128.load(from, 16), 16);
        to += panelStride;
      }
      packed += 32;
      y += yStep;
    }
  }
}

/** Four inner indices, whose offsets are at `offsets`, as [position][4]. */
function packPixels(runs: usize, runsEnd: usize, offsets: usize, xStep: i32, packed: usize): void {
  const offset0 = load<i32>(offsets);
  const offset1 = load<i32>(offsets, 4);
  const offset2 = load<i32>(offsets, 8);
  const offset3 = load<i32>(offsets, 12);
  const sideBySide = offset1 == offset0 + 4 && offset2 == offset0 + 8 && offset3 == offset0 + 12;
  for (; runs < runsEnd; runs += RUN_BYTES) {
    let x = load<usize>(runs);
    const end = packed + (load<i32>(runs, 8) << 4);
    if (sideBySide) {
      for (; packed < end; packed += 16) {
        v128.store(packed, v128.load(x + offset0));
        x += xStep;
      }
    } else {
      for (; packed < end; packed += 16) {
        let pixel = v128.load32_zero(x + offset0);
        pixel = v128.load_lane<f32>(x + offset1, pixel, 1);
        pixel = v128.load_lane<f32>(x + offset2, pixel, 2);
        v128.store(packed, v128.load_lane<f32>(x + offset3, pixel, 3));
        x += xStep;
      }
    }
  }
}

/** Panels of output channels; `sumPartials` has one block for each of each group. */
export function panelsIn(outputs: i32): i32 {
  return ceilDivide(outputs, PANEL);
}

/** Bytes of one partial sum of one group. */
export function partialBytes(inner: i32, outputs: i32): i32 {
  return ceilDivide(inner, 4) * panelsIn(outputs) * SUMS_BYTES;
}

/**
 * Adds `parts` partial sums of one panel of `outputs` channels, in order, and puts them in the weight's order, [out,
 * in / groups, row, column]. Partial sums lie as [part][group].
 */
export function sumPartials(
  t: Taps,
  groups: i32,
  outputs: i32,
  parts: i32,
  partials: usize,
  weightGradient: usize,
  block: i32,
): void {
  const panels = panelsIn(outputs);
  const group = block / panels;
  const output = (block - group * panels) * PANEL;
  const count = min(PANEL, outputs - output);
  const inner = t.channels * t.count;
  const sumBytes = partialBytes(inner, outputs);
  const first = partials + group * sumBytes + (block - group * panels) * SUMS_BYTES;
  let target = weightGradient + ((group * outputs + output) * inner << 2);
  for (let c = 0; c < t.channels; c++) {
    for (let tap = 0; tap < t.count; tap++) {
      const index = tap * t.channels + c;
      let from = first + (index >> 2) * panels * SUMS_BYTES + (index & 3) * PANEL * 4;
      let left = f32x4.splat(0);
      let right = f32x4.splat(0);
      for (let part = 0; part < parts; part++) {
        left = f32x4.add(left, v128.load(from));
        right = f32x4.add(right, v128.load(from, 16));
        from += groups * sumBytes;
      }
      scatter(target, inner << 2, left, right, count);
      target += 4;
    }
  }
}

/** Stores the first `count` of eight lanes, one to a row. */
// @ts-ignore: decorator
@inline
function scatter(target: usize, rowBytes: i32, left: v128, right: v128, count: i32): void {
  store<f32>(target, f32x4.extract_lane(left, 0));
  if (count > 1) store<f32>(target + rowBytes, f32x4.extract_lane(left, 1));
  if (count > 2) store<f32>(target + 2 * rowBytes, f32x4.extract_lane(left, 2));
  if (count > 3) store<f32>(target + 3 * rowBytes, f32x4.extract_lane(left, 3));
  if (count > 4) store<f32>(target + 4 * rowBytes, f32x4.extract_lane(right, 0));
  if (count > 5) store<f32>(target + 5 * rowBytes, f32x4.extract_lane(right, 1));
  if (count > 6) store<f32>(target + 6 * rowBytes, f32x4.extract_lane(right, 2));
  if (count > 7) store<f32>(target + 7 * rowBytes, f32x4.extract_lane(right, 3));
}
