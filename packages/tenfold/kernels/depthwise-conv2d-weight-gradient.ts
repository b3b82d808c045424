// Weight gradient of a depthwise convolution.
//
// A part of the output rows is walked over in strips, panel by panel: while a strip's panel is in cache, three taps at a
// time are summed over it, from zero, and then added to the partial sum.
//
// Workspace: partial sums, [part][panel][tap][8].

import { DepthwiseGeometry, PACK, PANEL, packBlocks, panelBytes, panelStart, panelsOf, tapsOf } from './lib/depthwise';
import { ceilDivide } from './lib/vector';

const MAX_PARTS: i32 = 16;
/** Output positions in a strip, about. */
const STRIP: i32 = 256;

// @ts-ignore: decorator
@unmanaged
class DepthwiseConv2dWeightGradient extends DepthwiseGeometry {
  x: usize;
  xPixelStride: i32;
  gradient: usize;
  gradientPixelStride: i32;
  weightGradient: usize;
}

/** Into how many partial sums the rows of all images are divided: by sizes alone. */
function partsOf(d: DepthwiseGeometry): i32 {
  return max(1, min(MAX_PARTS, d.batch * d.outHeight));
}

export function depthwiseConv2dWeightGradientWorkspace(d: DepthwiseConv2dWeightGradient): i32 {
  return partsOf(d) * panelBytes(d);
}

export function depthwiseConv2dWeightGradientBlocks(d: DepthwiseConv2dWeightGradient, phase: i32): i32 {
  if (phase == 0) return partsOf(d);
  return phase == 1 ? packBlocks(d) : -1;
}

export function depthwiseConv2dWeightGradient(
  d: DepthwiseConv2dWeightGradient,
  phase: i32,
  block: i32,
  scratch: usize,
): void {
  if (phase == 1) return sumParts(d, block);
  const rows = d.batch * d.outHeight;
  const parts = partsOf(d);
  const sums = d.workspace + block * panelBytes(d);
  memory.fill(sums, 0, panelBytes(d));
  const stripRows = max(1, STRIP / max(1, d.outWidth));
  const end = i32((i64(rows) * (block + 1)) / parts);
  for (let row = i32((i64(rows) * block) / parts); row < end; ) {
    const image = row / d.outHeight;
    const stripEnd = min(min(end, row + stripRows), (image + 1) * d.outHeight);
    addStrip(d, image, row - image * d.outHeight, stripEnd - image * d.outHeight, sums);
    row = stripEnd;
  }
}

/** Adds output rows [first, end) of an image to the sums. */
function addStrip(d: DepthwiseConv2dWeightGradient, image: i32, first: i32, end: i32, sums: usize): void {
  const gradient = d.gradient + image * d.outHeight * d.outWidth * d.gradientPixelStride * 4;
  const x = d.x + image * d.inHeight * d.inWidth * d.xPixelStride * 4;
  for (let panel = 0; panel < panelsOf(d); panel++) {
    const byte = panelStart(d.inChannels, panel) << 2;
    for (let r = 0; r < d.kernelHeight; r++) {
      // The rows of the strip for which this tap is inside.
      const above = r * d.dilationHeight - d.paddingTop;
      const from = max(first, ceilDivide(max(0, -above), d.strideHeight));
      const to = min(end, above < d.inHeight ? (d.inHeight - 1 - above) / d.strideHeight + 1 : 0);
      for (let s = 0; s < d.kernelWidth; s += 3) {
        addTaps(d, from, to, above, s, x + byte, gradient + byte, sums);
        sums += min(3, d.kernelWidth - s) * PANEL * 4;
      }
    }
  }
}

/** The first output column whose place for tap s is inside; `endColumn` is the one after the last. */
// @ts-ignore: decorator
@inline
function firstColumn(d: DepthwiseGeometry, s: i32): i32 {
  return ceilDivide(max(0, d.paddingLeft - s * d.dilationWidth), d.strideWidth);
}

// @ts-ignore: decorator
@inline
function endColumn(d: DepthwiseGeometry, s: i32): i32 {
  const before = s * d.dilationWidth - d.paddingLeft;
  return before < d.inWidth ? min(d.outWidth, (d.inWidth - 1 - before) / d.strideWidth + 1) : 0;
}

/** Adds output rows [from, to) for taps s, s + 1 and s + 2, as far as there are so many, of one kernel row. */
function addTaps(
  d: DepthwiseConv2dWeightGradient,
  from: i32,
  to: i32,
  above: i32,
  s: i32,
  x: usize,
  gradient: usize,
  sums: usize,
): void {
  const xStep = d.xPixelStride << 2;
  const gradientStep = d.gradientPixelStride << 2;
  const taps = min(3, d.kernelWidth - s);
  if (taps < 3 || d.inChannels < PANEL) {
    for (let tap = s; tap < s + taps; tap++) {
      addTap(d, from, to, above, tap, firstColumn(d, tap), endColumn(d, tap), x, gradient, sums);
      sums += PANEL * 4;
    }
    return;
  }
  // Columns in which all three are inside; the others follow one by one.
  const first = firstColumn(d, s);
  const end = max(first, endColumn(d, s + 2));
  let a0 = f32x4.splat(0);
  let b0 = f32x4.splat(0);
  let a1 = f32x4.splat(0);
  let b1 = f32x4.splat(0);
  let a2 = f32x4.splat(0);
  let b2 = f32x4.splat(0);
  const tapStep = d.dilationWidth * xStep;
  const columnStep = d.strideWidth * xStep;
  const firstPlace = first * d.strideWidth - d.paddingLeft + s * d.dilationWidth;
  for (let row = from; row < to; row++) {
    let p0 = x + ((row * d.strideHeight + above) * d.inWidth + firstPlace) * xStep;
    let p1 = p0 + tapStep;
    let p2 = p1 + tapStep;
    let g = gradient + (row * d.outWidth + first) * gradientStep;
    const stop = gradient + (row * d.outWidth + end) * gradientStep;
    while (g < stop) {
      const ga = v128.load(g);
      const gb = v128.load(g, 16);
      a0 = f32x4.add(a0, f32x4.mul(ga, v128.load(p0)));
      b0 = f32x4.add(b0, f32x4.mul(gb, v128.load(p0, 16)));
      a1 = f32x4.add(a1, f32x4.mul(ga, v128.load(p1)));
      b1 = f32x4.add(b1, f32x4.mul(gb, v128.load(p1, 16)));
      a2 = f32x4.add(a2, f32x4.mul(ga, v128.load(p2)));
      b2 = f32x4.add(b2, f32x4.mul(gb, v128.load(p2, 16)));
      p0 += columnStep;
      p1 += columnStep;
      p2 += columnStep;
      g += gradientStep;
    }
  }
  addPanel(sums, a0, b0);
  addPanel(sums + PANEL * 4, a1, b1);
  addPanel(sums + 2 * PANEL * 4, a2, b2);
  for (let tap = s; tap < s + 3; tap++) {
    addTap(d, from, to, above, tap, firstColumn(d, tap), min(first, endColumn(d, tap)), x, gradient, sums);
    addTap(d, from, to, above, tap, max(end, firstColumn(d, tap)), endColumn(d, tap), x, gradient, sums);
    sums += PANEL * 4;
  }
}

// @ts-ignore: decorator
@inline
function addPanel(sums: usize, left: v128, right: v128): void {
  v128.store(sums, f32x4.add(v128.load(sums), left));
  v128.store(sums, f32x4.add(v128.load(sums, 16), right), 16);
}

/** Adds rows [from, to) of output columns [first, end) for one tap. */
function addTap(
  d: DepthwiseConv2dWeightGradient,
  from: i32,
  to: i32,
  above: i32,
  s: i32,
  first: i32,
  end: i32,
  x: usize,
  gradient: usize,
  sums: usize,
): void {
  if (first >= end) return;
  const xStep = d.xPixelStride << 2;
  const gradientStep = d.gradientPixelStride << 2;
  const columnStep = d.strideWidth * xStep;
  const firstPlace = first * d.strideWidth - d.paddingLeft + s * d.dilationWidth;
  let a = f32x4.splat(0);
  let b = f32x4.splat(0);
  for (let row = from; row < to; row++) {
    let p = x + ((row * d.strideHeight + above) * d.inWidth + firstPlace) * xStep;
    let g = gradient + (row * d.outWidth + first) * gradientStep;
    const stop = gradient + (row * d.outWidth + end) * gradientStep;
    if (d.inChannels < PANEL) {
      addFewChannels(p, columnStep, g, gradientStep, stop, d.inChannels, sums);
      continue;
    }
    while (g < stop) {
      a = f32x4.add(a, f32x4.mul(v128.load(g), v128.load(p)));
      b = f32x4.add(b, f32x4.mul(v128.load(g, 16), v128.load(p, 16)));
      p += columnStep;
      g += gradientStep;
    }
  }
  addPanel(sums, a, b);
}

/** Adds a row of output columns for one tap of less than a panel of channels, one by one. */
function addFewChannels(
  x: usize,
  xStep: i32,
  gradient: usize,
  gradientStep: i32,
  stop: usize,
  channels: i32,
  sums: usize,
): void {
  for (let byte = 0; byte < channels << 2; byte += 4) {
    let sum: f32 = 0;
    let p = x + byte;
    for (let g = gradient; g < stop; g += gradientStep) {
      sum += load<f32>(g + byte) * load<f32>(p);
      p += xStep;
    }
    store<f32>(sums + byte, load<f32>(sums + byte) + sum);
  }
}

/** Adds up the partial sums of some panels, in order, and puts them in the weight's order. */
function sumParts(d: DepthwiseConv2dWeightGradient, block: i32): void {
  const taps = tapsOf(d);
  const parts = partsOf(d);
  const end = min(panelsOf(d), (block + 1) * PACK);
  for (let panel = block * PACK; panel < end; panel++) {
    const first = panelStart(d.inChannels, panel);
    for (let lane = 0; lane < min(PANEL, d.inChannels); lane++) {
      for (let tap = 0; tap < taps; tap++) {
        let from = d.workspace + ((panel * taps + tap) * PANEL + lane << 2);
        let total: f32 = 0;
        for (let part = 0; part < parts; part++) {
          total += load<f32>(from);
          from += panelBytes(d);
        }
        store<f32>(d.weightGradient + ((first + lane) * taps + tap << 2), total);
      }
    }
  }
}
