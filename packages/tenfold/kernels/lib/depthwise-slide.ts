// Three taps along a row, four channels at a time: the filter stays in registers while the loop slides along the row, and
// a pixel is loaded once for all results that it has a share in.
//
// Of a pixel's cache line that takes a quarter at a time, so the lines that a stretch of the row touches must stay in the
// nearest cache. The longer a pixel's power of two, the fewer places they compete for, and the shorter the stretch.

import { PANEL } from './depthwise';

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

/**
 * Results of three rows by three columns of taps. Each of `columns` columns from x on completes one result: the first
 * `skip` nobody's, then those at y; `rest` more, 0 or 1, lack their last column. A third row that is outside is read from
 * 16 zeros, and `step2` is 0. `bias` is a vector; 16 bytes may be written to `nowhere`.
 */
export function slide(
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
 * The gradient of x for stride 2: column j of one row of gradients has a share in results 2j, 2j + 1 and 2j + 2. `even`
 * and `odd` are where the first two of them go; the last result is left to the next stretch, whose first column is then
 * `inner` and begins with it, or goes to `last` if that is not 0.
 */
export function spreadOne(
  g: usize,
  step: i32,
  w: usize,
  columns: i32,
  inner: bool,
  even: usize,
  odd: usize,
  yStep: i32,
  last: usize,
): void {
  const w0 = v128.load(w);
  const w1 = v128.load(w, PANEL * 4);
  const w2 = v128.load(w, 2 * PANEL * 4);
  let a = f32x4.splat(0);
  if (inner) a = f32x4.mul(w2, v128.load(g - step));
  for (; columns > 0; columns--) {
    const p = v128.load(g);
    v128.store(even, f32x4.add(a, f32x4.mul(w0, p)));
    v128.store(odd, f32x4.mul(w1, p));
    a = f32x4.mul(w2, p);
    g += step;
    even = odd + yStep;
    odd = even + yStep;
  }
  if (last) v128.store(last, a);
}

/** The same of two rows. */
export function spreadTwo(
  g: usize,
  rowStep: i32,
  step: i32,
  w: usize,
  rowWeights: i32,
  columns: i32,
  inner: bool,
  even: usize,
  odd: usize,
  yStep: i32,
  last: usize,
): void {
  const v = w + rowWeights;
  const w0 = v128.load(w);
  const w1 = v128.load(w, PANEL * 4);
  const w2 = v128.load(w, 2 * PANEL * 4);
  const v0 = v128.load(v);
  const v1 = v128.load(v, PANEL * 4);
  const v2 = v128.load(v, 2 * PANEL * 4);
  let h = g + rowStep;
  let a = f32x4.splat(0);
  if (inner) a = f32x4.add(f32x4.mul(w2, v128.load(g - step)), f32x4.mul(v2, v128.load(h - step)));
  for (; columns > 0; columns--) {
    const p = v128.load(g);
    const q = v128.load(h);
    v128.store(even, f32x4.add(f32x4.add(a, f32x4.mul(w0, p)), f32x4.mul(v0, q)));
    v128.store(odd, f32x4.add(f32x4.mul(w1, p), f32x4.mul(v1, q)));
    a = f32x4.add(f32x4.mul(w2, p), f32x4.mul(v2, q));
    g += step;
    h += step;
    even = odd + yStep;
    odd = even + yStep;
  }
  if (last) v128.store(last, a);
}
