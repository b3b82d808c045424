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
      if (abs(columns.tapStep) == 1 && columns.step == 1 && (columns.taps == 3 || columns.taps == 5)) {
        // Results whose taps run against the row are taken from the last one on.
        const back = columns.tapStep < 0;
        fourNeighbours(
          xRow + (back ? place + 3 : place) * xStep,
          columnStep,
          columns.taps == 5,
          rowTaps,
          rowStep,
          rowWeights,
          columnWeights,
          weights,
          panelBytes,
          bias,
          back ? to + 3 * yStep : to,
          back ? -yStep : yStep,
          d.inChannels,
        );
      } else {
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
      }
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
    for (let r = columnTaps > 0 ? rowTaps : 0; r > 0; r--) {
      let p0 = row;
      let p1 = p0 + xStep;
      let p2 = p1 + xStep;
      let p3 = p2 + xStep;
      let w = rowWeight;
      let s = columnTaps;
      // The loop ends in the middle: V8 begins with all loads between two jumps, and those of a whole turn do not fit
      // into registers beside eight sums.
      const wFirst = v128.load(w);
      a0 = f32x4.add(a0, f32x4.mul(wFirst, v128.load(p0)));
      a1 = f32x4.add(a1, f32x4.mul(wFirst, v128.load(p1)));
      a2 = f32x4.add(a2, f32x4.mul(wFirst, v128.load(p2)));
      a3 = f32x4.add(a3, f32x4.mul(wFirst, v128.load(p3)));
      while (true) {
        const wb = v128.load(w, 16);
        b0 = f32x4.add(b0, f32x4.mul(wb, v128.load(p0, 16)));
        b1 = f32x4.add(b1, f32x4.mul(wb, v128.load(p1, 16)));
        b2 = f32x4.add(b2, f32x4.mul(wb, v128.load(p2, 16)));
        b3 = f32x4.add(b3, f32x4.mul(wb, v128.load(p3, 16)));
        if (--s == 0) break;
        p0 += columnStep;
        p1 += columnStep;
        p2 += columnStep;
        p3 += columnStep;
        w += columnWeights;
        const wa = v128.load(w);
        a0 = f32x4.add(a0, f32x4.mul(wa, v128.load(p0)));
        a1 = f32x4.add(a1, f32x4.mul(wa, v128.load(p1)));
        a2 = f32x4.add(a2, f32x4.mul(wa, v128.load(p2)));
        a3 = f32x4.add(a3, f32x4.mul(wa, v128.load(p3)));
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

/**
 * All channels of four results of three taps, or five, along the row, as far apart as the taps: `step` bytes. Four
 * channels at a time, so that a pixel is loaded for all taps at once.
 */
function fourNeighbours(
  x: usize,
  step: i32,
  five: bool,
  rowTaps: i32,
  rowStep: i32,
  rowWeights: i32,
  columnWeights: i32,
  weights: usize,
  panelBytes: i32,
  bias: usize,
  y: usize,
  yStep: i32,
  channels: i32,
): void {
  for (let channel = 0; channel < channels; channel += PANEL) {
    for (let half = 0; half < PANEL * 4; half += 16) {
      const byte = (min(channel, channels - PANEL) << 2) + half;
      let a0 = bias ? v128.load(bias + byte) : f32x4.splat(0);
      let a1 = a0;
      let a2 = a0;
      let a3 = a0;
      let row = x + byte;
      let w = weights + half;
      for (let r = rowTaps; r > 0; r--) {
        const w1At = w + columnWeights;
        const w2At = w1At + columnWeights;
        const w0 = v128.load(w);
        const w1 = v128.load(w1At);
        const w2 = v128.load(w2At);
        const p0 = v128.load(row);
        let p = row + step;
        const p1 = v128.load(p);
        p += step;
        const p2 = v128.load(p);
        p += step;
        const p3 = v128.load(p);
        const p4 = v128.load(p + step);
        const p5 = v128.load(p + step + step);
        a0 = addThree(a0, w0, p0, w1, p1, w2, p2);
        a1 = addThree(a1, w0, p1, w1, p2, w2, p3);
        a2 = addThree(a2, w0, p2, w1, p3, w2, p4);
        a3 = addThree(a3, w0, p3, w1, p4, w2, p5);
        if (five) {
          const w3At = w2At + columnWeights;
          const w3 = v128.load(w3At);
          const w4 = v128.load(w3At + columnWeights);
          const q3 = v128.load(p);
          p += step;
          const q4 = v128.load(p);
          p += step;
          const q5 = v128.load(p);
          p += step;
          const q6 = v128.load(p);
          const q7 = v128.load(p + step);
          a0 = f32x4.add(f32x4.add(a0, f32x4.mul(w3, q3)), f32x4.mul(w4, q4));
          a1 = f32x4.add(f32x4.add(a1, f32x4.mul(w3, q4)), f32x4.mul(w4, q5));
          a2 = f32x4.add(f32x4.add(a2, f32x4.mul(w3, q5)), f32x4.mul(w4, q6));
          a3 = f32x4.add(f32x4.add(a3, f32x4.mul(w3, q6)), f32x4.mul(w4, q7));
        }
        row += rowStep;
        w += rowWeights;
      }
      let to = y + byte;
      v128.store(to, a0);
      to += yStep;
      v128.store(to, a1);
      to += yStep;
      v128.store(to, a2);
      v128.store(to + yStep, a3);
    }
    weights += panelBytes;
  }
}

// @ts-ignore: decorator
@inline
function addThree(sum: v128, w0: v128, p0: v128, w1: v128, p1: v128, w2: v128, p2: v128): v128 {
  return f32x4.add(f32x4.add(f32x4.add(sum, f32x4.mul(w0, p0)), f32x4.mul(w1, p1)), f32x4.mul(w2, p2));
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

/** One result of less than a panel of channels: the first four and the last four, or one by one. */
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
  if (channels >= 4) {
    const last = (channels - 4) << 2;
    let a = bias ? v128.load(bias) : f32x4.splat(0);
    let b = bias ? v128.load(bias + last) : a;
    for (let r = rowTaps; r > 0; r--) {
      let p = x;
      let w = weights;
      for (let s = columnTaps; s > 0; s--) {
        a = f32x4.add(a, f32x4.mul(v128.load(w), v128.load(p)));
        b = f32x4.add(b, f32x4.mul(v128.load(w + last), v128.load(p + last)));
        p += columnStep;
        w += columnWeights;
      }
      x += rowStep;
      weights += rowWeights;
    }
    v128.store(y, a);
    v128.store(y + last, b);
    return;
  }
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
