// The gradient of x for a stride of 2 by three columns: a column of gradients has a share in three results, and the filter
// stays in registers while the loop goes along the row and writes two results for each column (stretches as in
// lib/depthwise-slide.ts).

import { DepthwiseGeometry, PANEL, panelStart, panelsOf, tapsOf } from './depthwise';
import { Axis, endInside, firstInside } from './depthwise-axis';
import { stretchOf } from './depthwise-slide';
import { ceilDivide } from './vector';

/** Whether rows of this residue are so, each with a share in it of two rows of gradients at most. */
export function canSpread(d: DepthwiseGeometry, rows: Axis): bool {
  const beyond = d.inWidth - (2 * d.outWidth - d.paddingLeft);
  return (
    d.kernelWidth == 3 &&
    d.strideWidth == 2 &&
    d.dilationWidth == 1 &&
    rows.taps <= 2 &&
    d.paddingLeft <= 1 &&
    d.outWidth > 0 &&
    beyond >= 0 &&
    beyond <= 1 &&
    stretchOf(d.inChannels) > 0
  );
}

/** One whole row of the gradient of x, to y; `x` is the gradient that arrives at the image, `rows` the axis of the row's residue. */
export function spreadRow(
  d: DepthwiseGeometry,
  rows: Axis,
  row: i32,
  x: usize,
  xStep: i32,
  y: usize,
  yStep: i32,
  zeros: usize,
): void {
  const firstRow = rows.first + row * rows.step;
  const rowTap = firstInside(rows, firstRow);
  const rowTaps = endInside(rows, firstRow, rowTap) - rowTap;
  if (rowTaps == 0) {
    for (let i = 0; i < d.inWidth; i++) memory.fill(y + i * yStep, 0, d.inChannels << 2);
    return;
  }
  const rowStep = rows.tapStep * d.outWidth * xStep;
  const rowWeights = rows.tapPeriod * d.kernelWidth * PANEL * 4;
  const xRow = x + (firstRow + rowTap * rows.tapStep) * d.outWidth * xStep;
  const weights = d.workspace + (rows.tap + rowTap * rows.tapPeriod) * d.kernelWidth * PANEL * 4;
  const lastResult = 2 * d.outWidth - d.paddingLeft;
  const stretches = ceilDivide(d.outWidth, stretchOf(d.inChannels));
  for (let i = 0; i < stretches; i++) {
    const from = (d.outWidth * i) / stretches;
    const end = (d.outWidth * (i + 1)) / stretches;
    const result = 2 * from - d.paddingLeft;
    for (let panel = 0; panel < panelsOf(d); panel++) {
      const start = panelStart(d.inChannels, panel) << 2;
      for (let half = 0; half < PANEL * 4; half += 16) {
        const byte = start + half;
        const g = xRow + from * xStep + byte;
        const w = weights + panel * tapsOf(d) * PANEL * 4 + half;
        const odd = y + (result + 1) * yStep + byte;
        const even = result < 0 ? zeros + 16 : odd - yStep;
        const last = i + 1 == stretches && lastResult < d.inWidth ? y + lastResult * yStep + byte : 0;
        if (rowTaps == 1) spreadOne(g, xStep, w, end - from, i > 0, even, odd, yStep, last);
        else spreadTwo(g, rowStep, xStep, w, rowWeights, end - from, i > 0, even, odd, yStep, last);
      }
    }
  }
}

/**
 * One row of gradients: column j has a share in results 2j, 2j + 1 and 2j + 2. `even` and `odd` are where the first two of
 * the first column go. The last result is left to the next stretch, whose first column then is `inner` and begins with
 * it, or goes to `last` if that is not 0.
 */
function spreadOne(
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
function spreadTwo(
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
