// The walk of a depthwise convolution and of its input gradient over one row of results: along each axis, a result reads
// some places that lie evenly apart.
//
// Four neighbouring results are computed at once, so that a weight is loaded once for the four of them.

import { DepthwiseGeometry, PANEL, tapsOf } from './depthwise';
import { ceilDivide } from './vector';

/** Floats of input and output from which on they are fetched ahead of need. */
const LARGE: i64 = 2097152;

// --- axes ---

/** One axis: result q reads, for t < taps, place `first + q * step + t * tapStep` with kernel tap `tap + t * tapPeriod`. */
// @ts-ignore: decorator
@unmanaged
export class Axis {
  results: i32;
  /** Places that there are; those outside count as zero. */
  places: i32;
  first: i32;
  step: i32;
  taps: i32;
  tapStep: i32;
  tap: i32;
  tapPeriod: i32;
}

// @ts-ignore: decorator
@inline
export function axisAt(axes: Axis, index: i32): Axis {
  return changetype<Axis>(changetype<usize>(axes) + index * offsetof<Axis>());
}

/** Result q reads place q * stride - padding + r * dilation with tap r. */
export function forwardAxis(
  axis: Axis,
  results: i32,
  places: i32,
  taps: i32,
  stride: i32,
  dilation: i32,
  padding: i32,
): void {
  axis.results = results;
  axis.places = places;
  axis.first = -padding;
  axis.step = stride;
  axis.taps = taps;
  axis.tapStep = dilation;
  axis.tap = 0;
  axis.tapPeriod = 1;
}

/**
 * The gradient of x at residue + q * stride: x at p was read by result i with tap r if i * stride - padding + r * dilation
 * = p, so only every so many taps reach one residue.
 */
export function backwardAxis(
  axis: Axis,
  residue: i32,
  size: i32,
  places: i32,
  taps: i32,
  stride: i32,
  dilation: i32,
  padding: i32,
): void {
  axis.results = max(0, ceilDivide(size - residue, stride));
  axis.places = places;
  axis.step = 1;
  axis.taps = 0;
  axis.tapPeriod = 1;
  for (let tap = 0; tap < taps; tap++) {
    if ((residue + padding - tap * dilation) % stride != 0) continue;
    if (axis.taps == 0) axis.tap = tap;
    if (axis.taps == 1) axis.tapPeriod = tap - axis.tap;
    axis.taps++;
  }
  axis.first = (residue + padding - axis.tap * dilation) / stride;
  axis.tapStep = -(axis.tapPeriod * dilation) / stride;
}

/** The first tap of a result, whose first place this is, that reads a place inside. */
// @ts-ignore: decorator
@inline
function firstInside(axis: Axis, place: i32): i32 {
  let tap = 0;
  while (tap < axis.taps && u32(place + tap * axis.tapStep) >= u32(axis.places)) tap++;
  return tap;
}

/** After `tap`, which is inside, the first one that reads a place outside. */
// @ts-ignore: decorator
@inline
function endInside(axis: Axis, place: i32, tap: i32): i32 {
  while (tap < axis.taps && u32(place + tap * axis.tapStep) < u32(axis.places)) tap++;
  return tap;
}

// @ts-ignore: decorator
@inline
function allInside(axis: Axis, place: i32): bool {
  return u32(place) < u32(axis.places) && u32(place + (axis.taps - 1) * axis.tapStep) < u32(axis.places);
}

// --- rows ---

/** Rows of results that one block computes, so that the rows they share are read while they are in cache. */
export function rowsPerBlock(rows: i32): i32 {
  return max(1, min(8, rows / 32));
}

/** Whether input and output together exceed most caches. */
export function isLarge(d: DepthwiseGeometry): bool {
  const pixels = i64(d.inHeight) * d.inWidth + i64(d.outHeight) * d.outWidth;
  return pixels * d.batch * d.inChannels > LARGE;
}

/**
 * Reads on until all rows of places that a row of results reads are in cache, from row `fetched` on, and returns where it
 * has come to. The walk reads a little of many pixels at a time, and the processor's prefetching does not follow it; it
 * does follow this.
 */
export function fetchRows(rows: Axis, row: i32, fetched: i32, x: usize, rowBytes: i32, nowhere: usize): i32 {
  const first = rows.first + row * rows.step;
  const last = first + (rows.taps - 1) * rows.tapStep;
  const from = max(fetched, min(first, last));
  const end = min(rows.places, max(first, last) + 1);
  if (from >= end) return fetched;
  let lines = f32x4.splat(0);
  const stop = x + end * rowBytes;
  for (let at = x + from * rowBytes; at < stop; at += 64) lines = v128.or(lines, v128.load32_zero(at));
  // Only so that reading is not for nothing.
  v128.store(nowhere, lines);
  return end;
}

/** Memory that is overwritten as a whole need not be read into cache first, if it is cleared in one go. */
export function claimRow(y: usize, pixels: i32, step: i32, channels: i32): void {
  if (step == channels << 2) memory.fill(y, 0, pixels * step);
}

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
