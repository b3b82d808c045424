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
/** Fewer results are not worth sliding over: the columns at their ends take too large a share. */
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
    abs(columns.tapStep) == 1 &&
    (columns.step == 1 || (columns.step == 2 && columns.tapStep == 1 && columns.results >= SHORTEST)) &&
    columns.places > 1 &&
    first >= -1 &&
    first + (columns.results - 1) * columns.step + 2 <= columns.places &&
    stretchOf(d.inChannels) >= columns.step * SHORTEST
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
  const stretches = ceilDivide(columns.results * columns.step, stretchOf(d.inChannels));
  for (let i = 0; i < stretches; i++) {
    const from = (columns.results * i) / stretches;
    const end = (columns.results * (i + 1)) / stretches;
    const firstPlace = first + from * columns.step;
    const place = max(0, firstPlace);
    const lastPlace = first + (end - 1) * columns.step + 2;
    const rest = lastPlace - min(columns.places - 1, lastPlace);
    for (let panel = 0; panel < panelsOf(d); panel++) {
      const panelByte = panelStart(d.inChannels, panel) << 2;
      for (let half = 0; half < PANEL * 4; half += 16) {
        const byte = panelByte + half;
        const p = xRow + place * xStep + byte;
        const p2 = third ? p + 2 * rowStep : zeros;
        const step2 = third ? xStep : 0;
        const w = weights + panel * tapsOf(d) * PANEL * 4 + half;
        const w2 = third ? w + 2 * rowWeights : w;
        const start = bias ? bias + byte : zeros;
        const to = y + from * yStep + byte;
        if (columns.step == 1) {
          const count = lastPlace - rest - place + 1;
          const skip = firstPlace + 2 - place;
          slide(
            p, rowStep, p2, xStep, step2, w, rowWeights, w2, columnWeights, count, skip, rest, start, zeros + 16, to, yStep,
          );
        } else {
          const count = end - from - rest;
          const inside = firstPlace == place;
          slideByTwo(
            p, rowStep, p2, xStep, step2, w, rowWeights, w2, columnWeights, count, inside, rest, start, to, yStep,
          );
        }
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

/**
 * The same with stride 2: the last column of a result is the first of the next one. Of the first result that column is at
 * x, if it is `inside`; otherwise x is the second.
 */
function slideByTwo(
  x: usize,
  rowStep: i32,
  x2: usize,
  step: i32,
  step2: i32,
  w: usize,
  rowWeights: i32,
  w2: usize,
  columnWeights: i32,
  count: i32,
  inside: bool,
  rest: i32,
  bias: usize,
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
  let a = v128.load(bias);
  if (inside) {
    a = f32x4.add(a, f32x4.mul(w00, v128.load(x)));
    a = f32x4.add(a, f32x4.mul(w10, v128.load(x1)));
    a = f32x4.add(a, f32x4.mul(w20, v128.load(x2)));
    x += step;
    x1 += step;
    x2 += step2;
  }
  for (; count > 0; count--) {
    a = f32x4.add(a, f32x4.mul(w01, v128.load(x)));
    a = f32x4.add(a, f32x4.mul(w11, v128.load(x1)));
    a = f32x4.add(a, f32x4.mul(w21, v128.load(x2)));
    const p0 = v128.load(x + step);
    a = f32x4.add(a, f32x4.mul(w02, p0));
    let b = f32x4.add(v128.load(bias), f32x4.mul(w00, p0));
    const p1 = v128.load(x1 + step);
    a = f32x4.add(a, f32x4.mul(w12, p1));
    b = f32x4.add(b, f32x4.mul(w10, p1));
    const p2 = v128.load(x2 + step2);
    a = f32x4.add(a, f32x4.mul(w22, p2));
    b = f32x4.add(b, f32x4.mul(w20, p2));
    v128.store(y, a);
    a = b;
    x += 2 * step;
    x1 += 2 * step;
    x2 += 2 * step2;
    y += yStep;
  }
  if (rest > 0) {
    a = f32x4.add(a, f32x4.mul(w01, v128.load(x)));
    a = f32x4.add(a, f32x4.mul(w11, v128.load(x1)));
    a = f32x4.add(a, f32x4.mul(w21, v128.load(x2)));
    v128.store(y, a);
  }
}
