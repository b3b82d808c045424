// Rows of results of three by three taps, four channels at a time: the filter stays in registers while the loop slides
// along the row, and a pixel is loaded once for all results that it has a share in.
//
// That takes a quarter of a cache line at a time, so the lines that a stretch of the row touches must stay in the nearest
// cache. The higher the power of two that divides a pixel's bytes, the fewer places they compete for, and the shorter the
// stretch.

import { DepthwiseGeometry, PANEL, panelStart, panelsOf, tapsOf } from './depthwise';
import { Axis } from './depthwise-axis';
import { ceilDivide } from './vector';

/** The nearest cache of common processors: 64 sets of at least eight lines. */
const LINE_BYTES: i32 = 64;
const SET_BYTES: i32 = 4096;
const WAYS: i32 = 8;
/** A shorter stretch is not worth sliding over: the columns at its ends take too large a share. */
const SHORTEST: i32 = 12;

/** How many columns of four rows, of what is read and written, stay in the nearest cache; 0 if that is too few. */
export function stretchOf(channels: i32): i32 {
  if (channels < PANEL) return 0;
  const bytes = channels << 2;
  const apart = max(LINE_BYTES, min(SET_BYTES, bytes & -bytes));
  const stretch = ((SET_BYTES / apart) * WAYS) / 4 - 2;
  return stretch < SHORTEST ? 0 : stretch;
}

/** Whether there are three taps along both axes, which reach over the sides of the image by one column at most. */
export function canSlide(d: DepthwiseGeometry, rows: Axis, columns: Axis): bool {
  const first = columns.first + min(0, 2 * columns.tapStep);
  return (
    rows.taps == 3 &&
    columns.taps == 3 &&
    columns.step == 1 &&
    abs(columns.tapStep) == 1 &&
    columns.places > 1 &&
    first >= -1 &&
    first + columns.results < columns.places &&
    stretchOf(d.inChannels) > 0
  );
}

/** Arguments as they are within `walkRow` (lib/depthwise-walk.ts). */
export function slideRow(
  d: DepthwiseGeometry,
  columns: Axis,
  xRow: usize,
  xStep: i32,
  rowTaps: i32,
  rowStep: i32,
  weights: usize,
  rowWeights: i32,
  bias: usize,
  y: usize,
  yStep: i32,
  zeros: usize,
): void {
  let first = columns.first;
  let columnWeights = columns.tapPeriod * PANEL * 4;
  if (columns.tapStep < 0) {
    first -= 2;
    weights += 2 * columnWeights;
    columnWeights = -columnWeights;
  }
  const third = rowTaps > 2;
  const stretches = ceilDivide(columns.results, stretchOf(d.inChannels));
  for (let i = 0; i < stretches; i++) {
    const from = (columns.results * i) / stretches;
    const end = (columns.results * (i + 1)) / stretches;
    const place = max(0, first + from);
    const endPlace = min(columns.places, first + end + 2);
    for (let panel = 0; panel < panelsOf(d); panel++) {
      const start = panelStart(d.inChannels, panel) << 2;
      for (let half = 0; half < PANEL * 4; half += 16) {
        const byte = start + half;
        const p = xRow + place * xStep + byte;
        const w = weights + panel * tapsOf(d) * PANEL * 4 + half;
        slide(
          p,
          rowStep,
          third ? p + 2 * rowStep : zeros,
          xStep,
          third ? xStep : 0,
          w,
          rowWeights,
          third ? w + 2 * rowWeights : w,
          columnWeights,
          endPlace - place,
          first + from + 2 - place,
          first + end + 2 - endPlace,
          bias ? bias + byte : zeros,
          zeros + 16,
          y + from * yStep + byte,
          yStep,
        );
      }
    }
  }
}

/**
 * Results of three rows by three columns of taps. Each of `columns` columns from x on completes one result: the first
 * `skip` nobody's, then those at y; `rest` more, 0 or 1, lack their last column. A third row that is outside is read from
 * 16 zeros, and `step2` is 0. `bias` is a vector; 16 bytes may be written to `nowhere`.
 */
function slide(
  x: usize,
  rowStep: i32,
  x2: usize,
  step: i32,
  step2: i32,
  w: usize,
  rowWeights: i32,
  w2: usize,
  columnWeights: i32,
  columns: i32,
  skip: i32,
  rest: i32,
  bias: usize,
  nowhere: usize,
  y: usize,
  yStep: i32,
): void {
  let x1 = x + rowStep;
  let w1 = w + rowWeights;
  const w00 = v128.load(w);
  const w10 = v128.load(w1);
  const w20 = v128.load(w2);
  w += columnWeights;
  w1 += columnWeights;
  w2 += columnWeights;
  const w01 = v128.load(w);
  const w11 = v128.load(w1);
  const w21 = v128.load(w2);
  w += columnWeights;
  w1 += columnWeights;
  w2 += columnWeights;
  const w02 = v128.load(w);
  const w12 = v128.load(w1);
  const w22 = v128.load(w2);
  // Of the result that this column completes, and of the next one.
  let a = v128.load(bias);
  let b = a;
  let to = nowhere;
  let toStep = 0;
  for (let count = skip; ; count = columns) {
    columns -= count;
    for (; count > 0; count--) {
      const p0 = v128.load(x);
      a = f32x4.add(a, f32x4.mul(w02, p0));
      b = f32x4.add(b, f32x4.mul(w01, p0));
      let c = f32x4.add(v128.load(bias), f32x4.mul(w00, p0));
      const p1 = v128.load(x1);
      a = f32x4.add(a, f32x4.mul(w12, p1));
      b = f32x4.add(b, f32x4.mul(w11, p1));
      c = f32x4.add(c, f32x4.mul(w10, p1));
      const p2 = v128.load(x2);
      a = f32x4.add(a, f32x4.mul(w22, p2));
      b = f32x4.add(b, f32x4.mul(w21, p2));
      c = f32x4.add(c, f32x4.mul(w20, p2));
      v128.store(to, a);
      a = b;
      b = c;
      x += step;
      x1 += step;
      x2 += step2;
      to += toStep;
    }
    if (toStep != 0) break;
    to = y;
    toStep = yStep;
  }
  if (rest > 0) v128.store(to, a);
}
