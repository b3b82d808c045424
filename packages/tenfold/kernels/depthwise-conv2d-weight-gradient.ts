// Weight gradient of a depthwise convolution.
//
// A part of the output rows is walked over in strips, panel by panel: while a strip's panel is in cache, three taps at a
// time are summed over it, from zero, and then added to the partial sum. With stride 1 a pixel is loaded once for the
// three of them.
//
// Workspace: [ranges of rows][ranges of columns][partial sums, by part, panel and tap].

import {
  DepthwiseGeometry,
  FETCHED,
  PACK,
  PANEL,
  PLAIN,
  isLarge,
  packBlocks,
  panelBytes,
  panelStart,
  panelsOf,
  tapsOf,
} from './lib/depthwise';
import { align16, ceilDivide, fetch } from './lib/vector';

const MAX_PARTS: i32 = 16;
/** Output positions in a strip, about. */
const STRIP: i32 = 256;
/** For each tap along an axis the outputs [first, end), two i32, for which it is inside. */
const RANGE_BYTES: i32 = 8;

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

function rowRange(d: DepthwiseConv2dWeightGradient, tap: i32): usize {
  return d.workspace + tap * RANGE_BYTES;
}

function columnRange(d: DepthwiseConv2dWeightGradient, tap: i32): usize {
  return rowRange(d, d.kernelHeight + tap);
}

function partialSums(d: DepthwiseConv2dWeightGradient, part: i32): usize {
  return d.workspace + align16((d.kernelHeight + d.kernelWidth) * RANGE_BYTES) + part * panelBytes(d);
}

export function depthwiseConv2dWeightGradientWorkspace(d: DepthwiseConv2dWeightGradient): i32 {
  return i32(partialSums(d, partsOf(d)) - d.workspace);
}

export function depthwiseConv2dWeightGradientScratch(d: DepthwiseConv2dWeightGradient): i32 {
  return 16;
}

export function depthwiseConv2dWeightGradientBlocks(d: DepthwiseConv2dWeightGradient, phase: i32): i32 {
  if (phase == 0) return 1;
  if (phase == PLAIN) return isLarge(d) ? 0 : partsOf(d);
  if (phase == FETCHED) return isLarge(d) ? partsOf(d) : 0;
  return phase == 3 ? packBlocks(d) : -1;
}

export function depthwiseConv2dWeightGradient(
  d: DepthwiseConv2dWeightGradient,
  phase: i32,
  block: i32,
  scratch: usize,
): void {
  if (phase == 0) {
    writeRanges(rowRange(d, 0), d.kernelHeight, d.dilationHeight, d.paddingTop, d.strideHeight, d.inHeight, d.outHeight);
    writeRanges(columnRange(d, 0), d.kernelWidth, d.dilationWidth, d.paddingLeft, d.strideWidth, d.inWidth, d.outWidth);
  } else if (phase == 3) {
    sumParts(d, block);
  } else {
    addPart(d, block, phase == FETCHED, scratch);
  }
}

function addPart(d: DepthwiseConv2dWeightGradient, part: i32, fetched: bool, nowhere: usize): void {
  const sums = partialSums(d, part);
  memory.fill(sums, 0, panelBytes(d));
  const rows = d.batch * d.outHeight;
  const stripRows = max(1, STRIP / max(1, d.outWidth));
  const end = i32((i64(rows) * (part + 1)) / partsOf(d));
  for (let row = i32((i64(rows) * part) / partsOf(d)); row < end; ) {
    const image = row / d.outHeight;
    const first = row - image * d.outHeight;
    const stripEnd = min(first + min(end - row, stripRows), d.outHeight);
    if (fetched) fetchStrip(d, image, first, stripEnd, nowhere);
    addStrip(d, image, first, stripEnd, sums);
    row += stripEnd - first;
  }
}

/** Fetches output rows [first, end) of an image and the rows of pixels that they meet. */
function fetchStrip(d: DepthwiseConv2dWeightGradient, image: i32, first: i32, end: i32, nowhere: usize): void {
  const gradientRow = d.outWidth * d.gradientPixelStride * 4;
  const gradient = d.gradient + image * d.outHeight * gradientRow;
  fetch(gradient + first * gradientRow, gradient + end * gradientRow, nowhere);
  const xRow = d.inWidth * d.xPixelStride * 4;
  const x = d.x + image * d.inHeight * xRow;
  const from = first * d.strideHeight - d.paddingTop;
  const until = (end - 1) * d.strideHeight - d.paddingTop + (d.kernelHeight - 1) * d.dilationHeight + 1;
  fetch(x + max(0, from) * xRow, x + min(d.inHeight, until) * xRow, nowhere);
}

function writeRanges(
  ranges: usize,
  taps: i32,
  dilation: i32,
  padding: i32,
  stride: i32,
  places: i32,
  outputs: i32,
): void {
  for (let tap = 0; tap < taps; tap++) {
    const before = padding - tap * dilation;
    const last = places - 1 + before;
    const first = ceilDivide(max(0, before), stride);
    store<i32>(ranges, first);
    store<i32>(ranges, max(first, last < 0 ? 0 : min(outputs, last / stride + 1)), 4);
    ranges += RANGE_BYTES;
  }
}

/** Adds output rows [first, end) of an image to the sums. */
function addStrip(d: DepthwiseConv2dWeightGradient, image: i32, first: i32, end: i32, sums: usize): void {
  const gradient = d.gradient + image * d.outHeight * d.outWidth * d.gradientPixelStride * 4;
  const x = d.x + image * d.inHeight * d.inWidth * d.xPixelStride * 4;
  for (let panel = 0; panel < panelsOf(d); panel++) {
    const byte = panelStart(d.inChannels, panel) << 2;
    for (let r = 0; r < d.kernelHeight; r++) {
      const from = max(first, load<i32>(rowRange(d, r)));
      const to = min(end, load<i32>(rowRange(d, r), 4));
      const above = r * d.dilationHeight - d.paddingTop;
      for (let s = 0; s < d.kernelWidth; s += 3) {
        addTaps(d, from, to, above, s, x + byte, gradient + byte, sums);
        sums += min(3, d.kernelWidth - s) * PANEL * 4;
      }
    }
  }
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
  let ranges = columnRange(d, s);
  if (d.kernelWidth - s == 2 && d.inChannels >= PANEL) {
    addTwoTaps(d, from, to, above, s, x, gradient, sums);
    return;
  }
  // Columns in which all three are inside.
  const first = load<i32>(ranges);
  const end = load<i32>(ranges, 2 * RANGE_BYTES + 4);
  if (d.kernelWidth - s < 3 || d.inChannels < PANEL || first >= end) {
    for (let tap = s; tap < min(s + 3, d.kernelWidth); tap++) {
      addTap(d, from, to, above, tap, load<i32>(ranges), load<i32>(ranges, 4), x, gradient, sums);
      ranges += RANGE_BYTES;
      sums += PANEL * 4;
    }
    return;
  }
  // Beside them those, if any, in which only the last two or the first two are.
  const left = load<i32>(ranges, RANGE_BYTES) < first;
  const right = load<i32>(ranges, RANGE_BYTES + 4) > end;
  let a0 = f32x4.splat(0);
  let b0 = f32x4.splat(0);
  let a1 = f32x4.splat(0);
  let b1 = f32x4.splat(0);
  let a2 = f32x4.splat(0);
  let b2 = f32x4.splat(0);
  const xStep = d.xPixelStride << 2;
  const gradientStep = d.gradientPixelStride << 2;
  const tapStep = d.dilationWidth * xStep;
  const columnStep = d.strideWidth * xStep;
  const firstPlace = first * d.strideWidth - d.paddingLeft + s * d.dilationWidth;
  for (let row = from; row < to; row++) {
    let p0 = x + ((row * d.strideHeight + above) * d.inWidth + firstPlace) * xStep;
    let g = gradient + (row * d.outWidth + first) * gradientStep;
    const stop = g + (end - first) * gradientStep;
    if (left) {
      const ga = v128.load(g - gradientStep);
      const gb = v128.load(g - gradientStep, 16);
      const p1 = p0 - columnStep + tapStep;
      a1 = f32x4.add(a1, f32x4.mul(ga, v128.load(p1)));
      b1 = f32x4.add(b1, f32x4.mul(gb, v128.load(p1, 16)));
      a2 = f32x4.add(a2, f32x4.mul(ga, v128.load(p1 + tapStep)));
      b2 = f32x4.add(b2, f32x4.mul(gb, v128.load(p1 + tapStep, 16)));
    }
    if (tapStep == columnStep) {
      let ua = v128.load(p0);
      let ub = v128.load(p0, 16);
      p0 += columnStep;
      let va = v128.load(p0);
      let vb = v128.load(p0, 16);
      while (g < stop) {
        const ga = v128.load(g);
        const gb = v128.load(g, 16);
        a0 = f32x4.add(a0, f32x4.mul(ga, ua));
        b0 = f32x4.add(b0, f32x4.mul(gb, ub));
        a1 = f32x4.add(a1, f32x4.mul(ga, va));
        b1 = f32x4.add(b1, f32x4.mul(gb, vb));
        ua = va;
        ub = vb;
        va = v128.load(p0 + columnStep);
        vb = v128.load(p0 + columnStep, 16);
        a2 = f32x4.add(a2, f32x4.mul(ga, va));
        b2 = f32x4.add(b2, f32x4.mul(gb, vb));
        p0 += columnStep;
        g += gradientStep;
      }
      p0 -= columnStep;
    } else if (2 * tapStep == columnStep) {
      let ua = v128.load(p0);
      let ub = v128.load(p0, 16);
      while (g < stop) {
        const ga = v128.load(g);
        const gb = v128.load(g, 16);
        a0 = f32x4.add(a0, f32x4.mul(ga, ua));
        b0 = f32x4.add(b0, f32x4.mul(gb, ub));
        const p1 = p0 + tapStep;
        a1 = f32x4.add(a1, f32x4.mul(ga, v128.load(p1)));
        b1 = f32x4.add(b1, f32x4.mul(gb, v128.load(p1, 16)));
        p0 += columnStep;
        ua = v128.load(p0);
        ub = v128.load(p0, 16);
        a2 = f32x4.add(a2, f32x4.mul(ga, ua));
        b2 = f32x4.add(b2, f32x4.mul(gb, ub));
        g += gradientStep;
      }
    } else {
      let p1 = p0 + tapStep;
      let p2 = p1 + tapStep;
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
    if (right) {
      const ga = v128.load(g);
      const gb = v128.load(g, 16);
      a0 = f32x4.add(a0, f32x4.mul(ga, v128.load(p0)));
      b0 = f32x4.add(b0, f32x4.mul(gb, v128.load(p0, 16)));
      a1 = f32x4.add(a1, f32x4.mul(ga, v128.load(p0 + tapStep)));
      b1 = f32x4.add(b1, f32x4.mul(gb, v128.load(p0 + tapStep, 16)));
    }
  }
  addPanel(sums, a0, b0);
  addPanel(sums + PANEL * 4, a1, b1);
  addPanel(sums + 2 * PANEL * 4, a2, b2);
  // Columns farther out, where padding or dilation is wide.
  for (let tap = 0; tap < 3; tap++) {
    const done = first - i32(left && tap > 0);
    const doneEnd = end + i32(right && tap < 2);
    addTap(d, from, to, above, s + tap, load<i32>(ranges), done, x, gradient, sums);
    addTap(d, from, to, above, s + tap, doneEnd, load<i32>(ranges, 4), x, gradient, sums);
    ranges += RANGE_BYTES;
    sums += PANEL * 4;
  }
}

/** The same for taps s and s + 1, the last two of a kernel row. */
function addTwoTaps(
  d: DepthwiseConv2dWeightGradient,
  from: i32,
  to: i32,
  above: i32,
  s: i32,
  x: usize,
  gradient: usize,
  sums: usize,
): void {
  const ranges = columnRange(d, s);
  const first = load<i32>(ranges, RANGE_BYTES);
  const end = load<i32>(ranges, RANGE_BYTES + 4);
  // Columns in which both are inside; before them only the second may be, behind them only the first.
  const firstBoth = load<i32>(ranges);
  const endFirst = load<i32>(ranges, 4);
  if (firstBoth >= end || first > firstBoth || end > endFirst) {
    addTap(d, from, to, above, s, firstBoth, endFirst, x, gradient, sums);
    addTap(d, from, to, above, s + 1, first, end, x, gradient, sums + PANEL * 4);
    return;
  }
  let a0 = f32x4.splat(0);
  let b0 = f32x4.splat(0);
  let a1 = f32x4.splat(0);
  let b1 = f32x4.splat(0);
  const xStep = d.xPixelStride << 2;
  const gradientStep = d.gradientPixelStride << 2;
  const columnStep = d.strideWidth * xStep;
  const tapStep = d.dilationWidth * xStep;
  const firstPlace = first * d.strideWidth - d.paddingLeft + (s + 1) * d.dilationWidth;
  for (let row = from; row < to; row++) {
    let p = x + ((row * d.strideHeight + above) * d.inWidth + firstPlace) * xStep;
    const g0 = gradient + row * d.outWidth * gradientStep;
    let g = g0 + first * gradientStep;
    let stop = g0 + firstBoth * gradientStep;
    while (g < stop) {
      a1 = f32x4.add(a1, f32x4.mul(v128.load(g), v128.load(p)));
      b1 = f32x4.add(b1, f32x4.mul(v128.load(g, 16), v128.load(p, 16)));
      p += columnStep;
      g += gradientStep;
    }
    let q = p - tapStep;
    stop = g0 + end * gradientStep;
    while (g < stop) {
      const ga = v128.load(g);
      const gb = v128.load(g, 16);
      a0 = f32x4.add(a0, f32x4.mul(ga, v128.load(q)));
      b0 = f32x4.add(b0, f32x4.mul(gb, v128.load(q, 16)));
      a1 = f32x4.add(a1, f32x4.mul(ga, v128.load(p)));
      b1 = f32x4.add(b1, f32x4.mul(gb, v128.load(p, 16)));
      p += columnStep;
      q += columnStep;
      g += gradientStep;
    }
    stop = g0 + endFirst * gradientStep;
    while (g < stop) {
      a0 = f32x4.add(a0, f32x4.mul(v128.load(g), v128.load(q)));
      b0 = f32x4.add(b0, f32x4.mul(v128.load(g, 16), v128.load(q, 16)));
      q += columnStep;
      g += gradientStep;
    }
  }
  addPanel(sums, a0, b0);
  addPanel(sums + PANEL * 4, a1, b1);
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

/** Adds a row of output columns for one tap of less than a panel of channels: the first and last four, or one by one. */
function addFewChannels(
  x: usize,
  xStep: i32,
  gradient: usize,
  gradientStep: i32,
  stop: usize,
  channels: i32,
  sums: usize,
): void {
  if (channels >= 4) {
    const last = (channels - 4) << 2;
    let a = f32x4.splat(0);
    let b = a;
    for (; gradient < stop; gradient += gradientStep) {
      a = f32x4.add(a, f32x4.mul(v128.load(gradient), v128.load(x)));
      b = f32x4.add(b, f32x4.mul(v128.load(gradient + last), v128.load(x + last)));
      x += xStep;
    }
    // Channels of both are stored twice.
    a = f32x4.add(a, v128.load(sums));
    b = f32x4.add(b, v128.load(sums + last));
    v128.store(sums, a);
    v128.store(sums + last, b);
    return;
  }
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
        let from = partialSums(d, 0) + ((panel * taps + tap) * PANEL + lane << 2);
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
