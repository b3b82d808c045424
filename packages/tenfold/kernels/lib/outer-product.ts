// Transposed matrix product over taps: [taps x channels] by output channels, summed over positions. It is what the
// weight gradient of a convolution is made of.
//
// The register tile is 4 inner indices (broadcast from the image) by 8 output channels (as they lie in the gradient);
// both are read where they are. Each band is summed from zero and then added to the partial sum: one running sum over
// all pixels would lose a decimal digit.

import { TAP_BYTES, Taps, openBand } from './taps';
import { ceilDivide } from './vector';
import { PANEL } from './product';

/** Positions in a band: enough for the partial sums to be touched rarely. */
export const OUTER_PRODUCT_BAND: i32 = 256;

const RUN_BYTES: i32 = 12;

/** The gradient that meets the image: position (i, j) of image n at y + n * imageBytes + i * rowBytes + j * columnBytes. */
// @ts-ignore: decorator
@unmanaged
export class Source {
  y: usize;
  imageBytes: i32;
  rowBytes: i32;
  columnBytes: i32;
  /** Output channels of one group. */
  channels: i32;
}

/** Tiles of four along the inner index. */
export function innerTiles(t: Taps): i32 {
  return ceilDivide(t.count * t.channels, 4);
}

export function outerProductScratch(t: Taps): i32 {
  return t.scratchBytes + (t.bandPositions + 1) * RUN_BYTES + innerTiles(t) * 16;
}

/**
 * Where each inner index lies, in bytes from the first tap's corner; the last one fills up the last tile. Callers write
 * them once to their scratch, after which `outerProduct` may be called for many bands.
 */
export function writeOffsets(t: Taps, scratch: usize): void {
  const offsets = scratch + t.scratchBytes + (t.bandPositions + 1) * RUN_BYTES;
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

/** Adds one band of one image and group to inner tiles [firstTile, endTile) of a partial sum. */
export function outerProduct(
  t: Taps,
  source: Source,
  image: i32,
  group: i32,
  band: i32,
  firstTile: i32,
  endTile: i32,
  partial: usize,
  scratch: usize,
): void {
  const corner = openBand(t, image, group, band, scratch);
  const runs = scratch + t.scratchBytes;
  const offsets = runs + (t.bandPositions + 1) * RUN_BYTES;
  const runsEnd = writeRuns(t, source, image, group, band, corner, runs);
  const xStep = t.pixelBytes * t.strideWidth;
  const panels = ceilDivide(source.channels, PANEL);
  const rowBytes = panels * PANEL * 4;
  for (let i = firstTile; i < endTile; i++) {
    const at = offsets + (i << 4);
    const sums = partial + i * 4 * rowBytes;
    const first = load<i32>(at);
    // The third one tells a tile that is filled up from one that is not.
    const consecutive = load<i32>(at, 8) == first + 8 && load<i32>(at, 12) == first + 12;
    for (let panel = 0; panel < panels; panel++) {
      const yOffset = panel * PANEL * 4;
      if (consecutive) {
        tileOfConsecutive(runs, runsEnd, first, yOffset, xStep, source.columnBytes, sums + yOffset, rowBytes);
      } else {
        tileOfAny(runs, runsEnd, at, yOffset, xStep, source.columnBytes, sums + yOffset, rowBytes);
      }
    }
  }
}

/** The band as runs of positions with even steps: address in the image, address in the gradient, length in gradient bytes. */
function writeRuns(
  t: Taps,
  source: Source,
  image: i32,
  group: i32,
  band: i32,
  corner: usize,
  runs: usize,
): usize {
  const first = band * t.bandPositions;
  let left = min(t.bandPositions, t.positions - first);
  let row = first / t.gridWidth;
  let column = first - row * t.gridWidth;
  const xStep = t.pixelBytes * t.strideWidth;
  let xRow = corner;
  let yRow =
    source.y + image * source.imageBytes + row * source.rowBytes + (group * source.channels << 2);
  // Rows that follow each other without a gap in both make one run.
  const seamless =
    t.rowBytes * t.strideHeight == xStep * t.gridWidth && source.rowBytes == source.columnBytes * t.gridWidth;
  while (left > 0) {
    const length = seamless ? left : min(left, t.gridWidth - column);
    store<usize>(runs, xRow + column * xStep);
    store<usize>(runs, yRow + column * source.columnBytes, 4);
    store<i32>(runs, length * source.columnBytes, 8);
    runs += RUN_BYTES;
    left -= length;
    column = 0;
    xRow += t.rowBytes * t.strideHeight;
    yRow += source.rowBytes;
  }
  return runs;
}

/** Four inner indices that lie side by side. */
function tileOfConsecutive(
  runs: usize,
  runsEnd: usize,
  offset: i32,
  yOffset: i32,
  xStep: i32,
  yStep: i32,
  sums: usize,
  rowBytes: i32,
): void {
  let a0 = f32x4.splat(0);
  let b0 = f32x4.splat(0);
  let a1 = f32x4.splat(0);
  let b1 = f32x4.splat(0);
  let a2 = f32x4.splat(0);
  let b2 = f32x4.splat(0);
  let a3 = f32x4.splat(0);
  let b3 = f32x4.splat(0);
  while (runs < runsEnd) {
    let x = load<usize>(runs) + offset;
    let y = load<usize>(runs, 4) + yOffset;
    const stop = y + load<i32>(runs, 8);
    while (y < stop) {
      const ya = v128.load(y);
      const yb = v128.load(y, 16);
      const s0 = v128.load_splat<f32>(x);
      const s1 = v128.load_splat<f32>(x, 4);
      const s2 = v128.load_splat<f32>(x, 8);
      const s3 = v128.load_splat<f32>(x, 12);
      a0 = f32x4.add(a0, f32x4.mul(s0, ya));
      b0 = f32x4.add(b0, f32x4.mul(s0, yb));
      a1 = f32x4.add(a1, f32x4.mul(s1, ya));
      b1 = f32x4.add(b1, f32x4.mul(s1, yb));
      a2 = f32x4.add(a2, f32x4.mul(s2, ya));
      b2 = f32x4.add(b2, f32x4.mul(s2, yb));
      a3 = f32x4.add(a3, f32x4.mul(s3, ya));
      b3 = f32x4.add(b3, f32x4.mul(s3, yb));
      x += xStep;
      y += yStep;
    }
    runs += RUN_BYTES;
  }
  addRow(sums, a0, b0);
  addRow(sums + rowBytes, a1, b1);
  addRow(sums + 2 * rowBytes, a2, b2);
  addRow(sums + 3 * rowBytes, a3, b3);
}

/** Four inner indices wherever they lie. */
function tileOfAny(
  runs: usize,
  runsEnd: usize,
  offsets: usize,
  yOffset: i32,
  xStep: i32,
  yStep: i32,
  sums: usize,
  rowBytes: i32,
): void {
  const offset0 = load<i32>(offsets);
  const offset1 = load<i32>(offsets, 4);
  const offset2 = load<i32>(offsets, 8);
  const offset3 = load<i32>(offsets, 12);
  let a0 = f32x4.splat(0);
  let b0 = f32x4.splat(0);
  let a1 = f32x4.splat(0);
  let b1 = f32x4.splat(0);
  let a2 = f32x4.splat(0);
  let b2 = f32x4.splat(0);
  let a3 = f32x4.splat(0);
  let b3 = f32x4.splat(0);
  while (runs < runsEnd) {
    const x = load<usize>(runs);
    let x0 = x + offset0;
    let x1 = x + offset1;
    let x2 = x + offset2;
    let x3 = x + offset3;
    let y = load<usize>(runs, 4) + yOffset;
    const stop = y + load<i32>(runs, 8);
    while (y < stop) {
      const ya = v128.load(y);
      const yb = v128.load(y, 16);
      const s0 = v128.load_splat<f32>(x0);
      const s1 = v128.load_splat<f32>(x1);
      const s2 = v128.load_splat<f32>(x2);
      const s3 = v128.load_splat<f32>(x3);
      a0 = f32x4.add(a0, f32x4.mul(s0, ya));
      b0 = f32x4.add(b0, f32x4.mul(s0, yb));
      a1 = f32x4.add(a1, f32x4.mul(s1, ya));
      b1 = f32x4.add(b1, f32x4.mul(s1, yb));
      a2 = f32x4.add(a2, f32x4.mul(s2, ya));
      b2 = f32x4.add(b2, f32x4.mul(s2, yb));
      a3 = f32x4.add(a3, f32x4.mul(s3, ya));
      b3 = f32x4.add(b3, f32x4.mul(s3, yb));
      x0 += xStep;
      x1 += xStep;
      x2 += xStep;
      x3 += xStep;
      y += yStep;
    }
    runs += RUN_BYTES;
  }
  addRow(sums, a0, b0);
  addRow(sums + rowBytes, a1, b1);
  addRow(sums + 2 * rowBytes, a2, b2);
  addRow(sums + 3 * rowBytes, a3, b3);
}

// @ts-ignore: decorator
@inline
function addRow(sums: usize, left: v128, right: v128): void {
  v128.store(sums, f32x4.add(v128.load(sums), left));
  v128.store(sums, f32x4.add(v128.load(sums, 16), right), 16);
}

/** Panels of output channels; `sumPartials` has one block for each of each group. */
export function panelsIn(outputs: i32): i32 {
  return ceilDivide(outputs, PANEL);
}

/** Bytes of one partial sum of one group. */
export function partialBytes(inner: i32, outputs: i32): i32 {
  return ceilDivide(inner, 4) * 4 * panelsIn(outputs) * PANEL * 4;
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
  const rowBytes = panels * PANEL * 4;
  const first = partials + group * sumBytes + (output << 2);
  let target = weightGradient + ((group * outputs + output) * inner << 2);
  for (let c = 0; c < t.channels; c++) {
    for (let tap = 0; tap < t.count; tap++) {
      let from = first + (tap * t.channels + c) * rowBytes;
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
