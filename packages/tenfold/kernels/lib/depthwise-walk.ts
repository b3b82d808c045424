// The walk of a depthwise convolution, or of its input gradient, over rows of results.
//
// Four neighbouring results are computed at once, so that a weight is loaded once for the four of them. Rows of three by
// three taps are faster (lib/depthwise-slide.ts).

import { DepthwiseGeometry, FETCHED, PANEL, isLarge, packBlocks, tapsOf } from './depthwise';
import { Axis, allInside, endInside, firstInside } from './depthwise-axis';
import { canSlide, slideRow } from './depthwise-slide';
import { ceilDivide, fetch } from './vector';

// --- rows ---

/** Rows of results that one block computes, so that the rows they share are read while they are in cache. */
export function rowsPerBlock(rows: i32): i32 {
  return max(1, min(8, rows / 32));
}

/** Blocks of the phases of a walk over so many rows. */
export function walkBlocks(d: DepthwiseGeometry, rows: i32, phase: i32): i32 {
  if (phase == 0) return packBlocks(d);
  if (phase > FETCHED) return -1;
  return isLarge(d) == (phase == FETCHED) ? ceilDivide(rows, rowsPerBlock(rows)) : 0;
}

/** Fetches all rows of places that a row of results reads, from row `fetched` on, and returns where it has come to. */
export function fetchRows(rows: Axis, row: i32, fetched: i32, x: usize, rowBytes: i32, nowhere: usize): i32 {
  const first = rows.first + row * rows.step;
  const last = first + (rows.taps - 1) * rows.tapStep;
  const from = max(fetched, min(first, last));
  const end = min(rows.places, max(first, last) + 1);
  if (from >= end) return fetched;
  fetch(x + from * rowBytes, x + end * rowBytes, nowhere);
  return end;
}

/** Memory that is overwritten as a whole need not be read into cache first, if it is cleared in one go. */
export function claimRow(y: usize, pixels: i32, step: i32, channels: i32): void {
  if (step == channels << 2) memory.fill(y, 0, pixels * step);
}

/** What a walk needs besides: a vector of zeros, and one that may be written to. */
export const ZEROS_BYTES: i32 = 32;

/** One row of results of one image: `x` is that image, whose pixels lie xStep bytes apart, `y` the row's first result. */
export function walkRow(
  d: DepthwiseGeometry,
  rows: Axis,
  columns: Axis,
  row: i32,
  x: usize,
  xStep: i32,
  bias: usize,
  y: usize,
  yStep: i32,
  zeros: usize,
): void {
  const rowStep = rows.tapStep * columns.places * xStep;
  const columnStep = columns.tapStep * xStep;
  const rowWeights = rows.tapPeriod * d.kernelWidth * PANEL * 4;
  const columnWeights = columns.tapPeriod * PANEL * 4;
  const firstRow = rows.first + row * rows.step;
  const rowTap = firstInside(rows, firstRow);
  const rowTaps = endInside(rows, firstRow, rowTap) - rowTap;
  const xRow = x + (firstRow + rowTap * rows.tapStep) * columns.places * xStep;
  const weights =
    d.workspace + ((rows.tap + rowTap * rows.tapPeriod) * d.kernelWidth + columns.tap) * PANEL * 4;
  if (rowTaps >= 2 && canSlide(d, rows, columns)) {
    slideRow(d, columns, xRow, xStep, rowTaps, rowStep, weights, rowWeights, bias, y, yStep, zeros);
    return;
  }
  const panelBytes = tapsOf(d) * PANEL * 4;
  let column = 0;
  while (column < columns.results) {
    const place = columns.first + column * columns.step;
    const to = y + column * yStep;
    if (
      d.inChannels >= PANEL &&
      column + 4 <= columns.results &&
      allInside(columns, place) &&
      allInside(columns, place + 3 * columns.step)
    ) {
      fourResults(
        xRow + place * xStep,
        columns.step * xStep,
        rowTaps,
        rowStep,
        rowWeights,
        columns.taps,
        columnStep,
        columnWeights,
        weights,
        panelBytes,
        bias,
        to,
        yStep,
        d.inChannels,
      );
      column += 4;
    } else {
      const tap = firstInside(columns, place);
      const from = xRow + (place + tap * columns.tapStep) * xStep;
      const taps = endInside(columns, place, tap) - tap;
      const w = weights + tap * columnWeights;
      if (d.inChannels >= PANEL) {
        oneResult(
          from, rowTaps, rowStep, rowWeights, taps, columnStep, columnWeights, w, panelBytes, bias, to, d.inChannels,
        );
      } else {
        fewChannels(from, rowTaps, rowStep, rowWeights, taps, columnStep, columnWeights, w, bias, to, d.inChannels);
      }
      column++;
    }
  }
}

// --- results ---

/** All channels of four neighbouring results, xStep and yStep bytes apart. */
function fourResults(
  x: usize,
  xStep: i32,
  rowTaps: i32,
  rowStep: i32,
  rowWeights: i32,
  columnTaps: i32,
  columnStep: i32,
  columnWeights: i32,
  weights: usize,
  panelBytes: i32,
  bias: usize,
  y: usize,
  yStep: i32,
  channels: i32,
): void {
  for (let channel = 0; channel < channels; channel += PANEL) {
    const byte = min(channel, channels - PANEL) << 2;
    let left = f32x4.splat(0);
    let right = f32x4.splat(0);
    if (bias) {
      left = v128.load(bias + byte);
      right = v128.load(bias + byte, 16);
    }
    let a0 = left;
    let b0 = right;
    let a1 = left;
    let b1 = right;
    let a2 = left;
    let b2 = right;
    let a3 = left;
    let b3 = right;
    let row = x + byte;
    let rowWeight = weights;
    for (let r = rowTaps; r > 0; r--) {
      let p0 = row;
      let p1 = p0 + xStep;
      let p2 = p1 + xStep;
      let p3 = p2 + xStep;
      let w = rowWeight;
      for (let s = columnTaps; s > 0; s--) {
        const wa = v128.load(w);
        const wb = v128.load(w, 16);
        a0 = f32x4.add(a0, f32x4.mul(wa, v128.load(p0)));
        b0 = f32x4.add(b0, f32x4.mul(wb, v128.load(p0, 16)));
        a1 = f32x4.add(a1, f32x4.mul(wa, v128.load(p1)));
        b1 = f32x4.add(b1, f32x4.mul(wb, v128.load(p1, 16)));
        a2 = f32x4.add(a2, f32x4.mul(wa, v128.load(p2)));
        b2 = f32x4.add(b2, f32x4.mul(wb, v128.load(p2, 16)));
        a3 = f32x4.add(a3, f32x4.mul(wa, v128.load(p3)));
        b3 = f32x4.add(b3, f32x4.mul(wb, v128.load(p3, 16)));
        p0 += columnStep;
        p1 += columnStep;
        p2 += columnStep;
        p3 += columnStep;
        w += columnWeights;
      }
      row += rowStep;
      rowWeight += rowWeights;
    }
    let to = y + byte;
    v128.store(to, a0);
    v128.store(to, b0, 16);
    to += yStep;
    v128.store(to, a1);
    v128.store(to, b1, 16);
    to += yStep;
    v128.store(to, a2);
    v128.store(to, b2, 16);
    to += yStep;
    v128.store(to, a3);
    v128.store(to, b3, 16);
    weights += panelBytes;
  }
}

/** All channels of one result. */
function oneResult(
  x: usize,
  rowTaps: i32,
  rowStep: i32,
  rowWeights: i32,
  columnTaps: i32,
  columnStep: i32,
  columnWeights: i32,
  weights: usize,
  panelBytes: i32,
  bias: usize,
  y: usize,
  channels: i32,
): void {
  for (let channel = 0; channel < channels; channel += PANEL) {
    const byte = min(channel, channels - PANEL) << 2;
    let a = f32x4.splat(0);
    let b = f32x4.splat(0);
    if (bias) {
      a = v128.load(bias + byte);
      b = v128.load(bias + byte, 16);
    }
    let row = x + byte;
    let rowWeight = weights;
    for (let r = rowTaps; r > 0; r--) {
      let p = row;
      let w = rowWeight;
      for (let s = columnTaps; s > 0; s--) {
        a = f32x4.add(a, f32x4.mul(v128.load(w), v128.load(p)));
        b = f32x4.add(b, f32x4.mul(v128.load(w, 16), v128.load(p, 16)));
        p += columnStep;
        w += columnWeights;
      }
      row += rowStep;
      rowWeight += rowWeights;
    }
    v128.store(y + byte, a);
    v128.store(y + byte, b, 16);
    weights += panelBytes;
  }
}

/** One result of less than a panel of channels, one by one. */
function fewChannels(
  x: usize,
  rowTaps: i32,
  rowStep: i32,
  rowWeights: i32,
  columnTaps: i32,
  columnStep: i32,
  columnWeights: i32,
  weights: usize,
  bias: usize,
  y: usize,
  channels: i32,
): void {
  for (let byte = 0; byte < channels << 2; byte += 4) {
    let sum: f32 = bias ? load<f32>(bias + byte) : 0;
    for (let r = 0; r < rowTaps; r++) {
      for (let s = 0; s < columnTaps; s++) {
        const w = load<f32>(weights + r * rowWeights + s * columnWeights + byte);
        sum += w * load<f32>(x + r * rowStep + s * columnStep + byte);
      }
    }
    store<f32>(y + byte, sum);
  }
}
