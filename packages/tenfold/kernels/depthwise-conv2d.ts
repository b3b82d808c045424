// Depthwise convolution, one filter for each channel, and its gradients.
//
// Channels lie in vector lanes, eight to a panel; the last panel overlaps the one before, so that none is partly filled.
// Four neighbouring results are computed at once, so that a weight is loaded once for the four of them. Forward and input
// gradient are the same walk: along each axis, a result reads some places that lie evenly apart.

import { ceilDivide } from './lib/vector';

/** Channels in a panel. */
const PANEL: i32 = 8;
/** Floats of input and output from which on they are fetched ahead of need. */
const LARGE: i64 = 2097152;
/** Panels whose weights one block packs. */
const PACK: i32 = 8;

// @ts-ignore: decorator
@unmanaged
class DepthwiseGeometry {
  batch: i32;
  inHeight: i32;
  inWidth: i32;
  inChannels: i32;
  outHeight: i32;
  outWidth: i32;
  kernelHeight: i32;
  kernelWidth: i32;
  strideHeight: i32;
  strideWidth: i32;
  dilationHeight: i32;
  dilationWidth: i32;
  paddingTop: i32;
  paddingLeft: i32;
  workspace: usize;
}

function tapsOf(d: DepthwiseGeometry): i32 {
  return d.kernelHeight * d.kernelWidth;
}

// --- panels ---

function panelsOf(d: DepthwiseGeometry): i32 {
  return ceilDivide(d.inChannels, PANEL);
}

/** The first channel of a panel. */
// @ts-ignore: decorator
@inline
function panelStart(channels: i32, panel: i32): i32 {
  return max(0, min(panel * PANEL, channels - PANEL));
}

/** Bytes of something that has a panel for each tap of the kernel, by panel and tap. */
function panelBytes(d: DepthwiseGeometry): i32 {
  return panelsOf(d) * tapsOf(d) * PANEL * 4;
}

/** Packs weights [channel][tap] as [panel][tap][8]; fewer than eight channels are followed by zeros. */
function packPanels(d: DepthwiseGeometry, weight: usize, block: i32): void {
  const taps = tapsOf(d);
  const end = min(panelsOf(d), (block + 1) * PACK);
  for (let panel = block * PACK; panel < end; panel++) {
    const first = panelStart(d.inChannels, panel);
    let to = d.workspace + panel * taps * PANEL * 4;
    for (let tap = 0; tap < taps; tap++) {
      for (let lane = 0; lane < PANEL; lane++) {
        const channel = first + lane;
        store<f32>(to, channel < d.inChannels ? load<f32>(weight + (channel * taps + tap << 2)) : 0);
        to += 4;
      }
    }
  }
}

function packBlocks(d: DepthwiseGeometry): i32 {
  return ceilDivide(panelsOf(d), PACK);
}

// --- the walk ---

/** One axis: result q reads, for t < taps, place `first + q * step + t * tapStep` with kernel tap `tap + t * tapPeriod`. */
// @ts-ignore: decorator
@unmanaged
class Axis {
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

/** Result q reads place q * stride - padding + r * dilation with tap r. */
function forwardAxis(
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
function backwardAxis(
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

/**
 * Reads on until all rows of places that a row of results reads are in cache, from row `fetched` on, and returns where it
 * has come to. The walk reads a little of many pixels at a time, and the processor's prefetching does not follow it; it
 * does follow this.
 */
function fetchRows(rows: Axis, row: i32, fetched: i32, x: usize, rowBytes: i32, nowhere: usize): i32 {
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
function claimRow(y: usize, pixels: i32, step: i32, channels: i32): void {
  if (step == channels << 2) memory.fill(y, 0, pixels * step);
}

// @ts-ignore: decorator
@inline
function axisAt(axes: Axis, index: i32): Axis {
  return changetype<Axis>(changetype<usize>(axes) + index * offsetof<Axis>());
}

/** One row of results of one image: `x` is that image, whose pixels lie xStep bytes apart, `y` the row's first result. */
function walkRow(
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

/** Rows of results that one block computes, so that the rows they share are read while they are in cache. */
function rowsPerBlock(rows: i32): i32 {
  return max(1, min(8, rows / 32));
}

/** Whether input and output together exceed most caches. */
function isLarge(d: DepthwiseGeometry): bool {
  const pixels = i64(d.inHeight) * d.inWidth + i64(d.outHeight) * d.outWidth;
  return pixels * d.batch * d.inChannels > LARGE;
}

// --- depthwiseConv2d: workspace is the packed weights ---

// @ts-ignore: decorator
@unmanaged
class DepthwiseConv2d extends DepthwiseGeometry {
  x: usize;
  xPixelStride: i32;
  weight: usize;
  bias: usize;
  y: usize;
  yPixelStride: i32;
}

export function depthwiseConv2dWorkspace(d: DepthwiseConv2d): i32 {
  return panelBytes(d);
}

export function depthwiseConv2dScratch(d: DepthwiseConv2d): i32 {
  return 2 * offsetof<Axis>() + 16;
}

export function depthwiseConv2dBlocks(d: DepthwiseConv2d, phase: i32): i32 {
  const rows = d.batch * d.outHeight;
  if (phase == 0) return packBlocks(d);
  return phase == 1 ? ceilDivide(rows, rowsPerBlock(rows)) : -1;
}

export function depthwiseConv2d(d: DepthwiseConv2d, phase: i32, block: i32, scratch: usize): void {
  if (phase == 0) return packPanels(d, d.weight, block);
  const rows = changetype<Axis>(scratch);
  const columns = axisAt(rows, 1);
  const nowhere = changetype<usize>(axisAt(rows, 2));
  forwardAxis(rows, d.outHeight, d.inHeight, d.kernelHeight, d.strideHeight, d.dilationHeight, d.paddingTop);
  forwardAxis(columns, d.outWidth, d.inWidth, d.kernelWidth, d.strideWidth, d.dilationWidth, d.paddingLeft);
  const xStep = d.xPixelStride << 2;
  const yStep = d.yPixelStride << 2;
  const count = d.batch * d.outHeight;
  const end = min(count, (block + 1) * rowsPerBlock(count));
  let fetched = 0;
  for (let i = block * rowsPerBlock(count); i < end; i++) {
    const image = i / d.outHeight;
    const row = i - image * d.outHeight;
    const x = d.x + image * d.inHeight * d.inWidth * xStep;
    const y = d.y + i * d.outWidth * yStep;
    if (isLarge(d)) {
      fetched = fetchRows(rows, row, row == 0 ? 0 : fetched, x, d.inWidth * xStep, nowhere);
      claimRow(y, d.outWidth, yStep, d.inChannels);
    }
    walkRow(d, rows, columns, row, x, xStep, d.bias, y, yStep);
  }
}

// --- depthwiseConv2dInputGradient: workspace is the packed weights ---

// @ts-ignore: decorator
@unmanaged
class DepthwiseConv2dInputGradient extends DepthwiseGeometry {
  gradient: usize;
  gradientPixelStride: i32;
  weight: usize;
  xGradient: usize;
  xGradientPixelStride: i32;
}

export function depthwiseConv2dInputGradientWorkspace(d: DepthwiseConv2dInputGradient): i32 {
  return panelBytes(d);
}

export function depthwiseConv2dInputGradientScratch(d: DepthwiseConv2dInputGradient): i32 {
  return (1 + d.strideWidth) * offsetof<Axis>() + 16;
}

export function depthwiseConv2dInputGradientBlocks(d: DepthwiseConv2dInputGradient, phase: i32): i32 {
  const rows = d.batch * d.inHeight;
  if (phase == 0) return packBlocks(d);
  return phase == 1 ? ceilDivide(rows, rowsPerBlock(rows)) : -1;
}

export function depthwiseConv2dInputGradient(
  d: DepthwiseConv2dInputGradient,
  phase: i32,
  block: i32,
  scratch: usize,
): void {
  if (phase == 0) return packPanels(d, d.weight, block);
  const rows = changetype<Axis>(scratch);
  const columns = axisAt(rows, 1);
  const nowhere = changetype<usize>(axisAt(columns, d.strideWidth));
  for (let right = 0; right < d.strideWidth; right++) {
    const axis = axisAt(columns, right);
    backwardAxis(axis, right, d.inWidth, d.outWidth, d.kernelWidth, d.strideWidth, d.dilationWidth, d.paddingLeft);
  }
  const gradientStep = d.gradientPixelStride << 2;
  const step = d.xGradientPixelStride << 2;
  const count = d.batch * d.inHeight;
  const end = min(count, (block + 1) * rowsPerBlock(count));
  let fetched = 0;
  for (let i = block * rowsPerBlock(count); i < end; i++) {
    const image = i / d.inHeight;
    const down = i - image * d.inHeight;
    const row = down / d.strideHeight;
    const residue = down - row * d.strideHeight;
    const gradient = d.gradient + image * d.outHeight * d.outWidth * gradientStep;
    backwardAxis(
      rows, residue, d.inHeight, d.outHeight, d.kernelHeight, d.strideHeight, d.dilationHeight, d.paddingTop,
    );
    const y = d.xGradient + i * d.inWidth * step;
    if (isLarge(d)) {
      fetched = fetchRows(rows, row, down == 0 ? 0 : fetched, gradient, d.outWidth * gradientStep, nowhere);
      claimRow(y, d.inWidth, step, d.inChannels);
    }
    for (let right = 0; right < d.strideWidth; right++) {
      const axis = axisAt(columns, right);
      walkRow(d, rows, axis, row, gradient, gradientStep, 0, y + right * step, step * d.strideWidth);
    }
  }
}

// --- depthwiseConv2dWeightGradient: workspace is partial sums, [part][panel][tap][8] ---
//
// A part of the output rows is walked over in strips, panel by panel: while a strip's panel is in cache, three taps at a
// time are summed over it, from zero, and then added to the partial sum.

// @ts-ignore: decorator
@unmanaged
class DepthwiseConv2dWeightGradient extends DepthwiseGeometry {
  x: usize;
  xPixelStride: i32;
  gradient: usize;
  gradientPixelStride: i32;
  weightGradient: usize;
}

const MAX_PARTS: i32 = 16;
/** Output positions in a strip, about. */
const STRIP: i32 = 256;

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
