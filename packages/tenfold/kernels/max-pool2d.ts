// Maxima of windows, first along each row of pixels and then down the rows, so that windows above one another share the
// maxima of their rows. An index is the place of the maximum in its window: row * width + column, gaps of dilation counted.
//
// Vectors may reach beyond the last channel of a pixel. What they leave there is overwritten, because the pixel behind it
// comes later; rows end in scratch, where there is room.

import { align16, CHUNK, ceilDivide, copyWords, fillWords, storeTail } from './lib/vector';

// @ts-ignore: decorator
@unmanaged
class MaxPool2dGeometry {
  batch: i32;
  inHeight: i32;
  inWidth: i32;
  channels: i32;
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
}

// @ts-ignore: decorator
@unmanaged
class MaxPool2d extends MaxPool2dGeometry {
  x: usize;
  y: usize;
  /** 0 where nothing is recorded. */
  indices: usize;
}

/** Elements of the image in one block, and rows at least: neighbouring blocks both go over some. */
const BAND: i32 = 65536;
const MIN_ROWS: i32 = 8;

/** Vectors of channels that count as few: pixels are the longer loop. */
const FEW: i32 = 6;

/** Bytes that surely stay in the nearest cache. */
const NEAR: i32 = 16384;

/** Pixels of so many bytes, a stride apart, gain nothing from going together. */
const LONG_PIXEL: i32 = 512;

/** Rows of the image in a block. */
function bandOf(d: MaxPool2dGeometry): i32 {
  return max(MIN_ROWS, BAND / max(1, d.inWidth * d.channels));
}

/** Bytes of a row of maxima in scratch. */
function lineBytes(d: MaxPool2dGeometry): i32 {
  return align16(d.outWidth * d.channels * 4) + 16;
}

/** Rows of results in a block. */
function outputsInBand(d: MaxPool2d): i32 {
  return ceilDivide(bandOf(d), d.strideHeight);
}

/** Rows and columns that a window reaches over. */
// @ts-ignore: decorator
@inline
function reach(kernel: i32, dilation: i32): i32 {
  return (kernel - 1) * dilation + 1;
}

export function maxPool2dScratch(d: MaxPool2d): i32 {
  const rows = (outputsInBand(d) - 1) * d.strideHeight + reach(d.kernelHeight, d.dilationHeight);
  return min(d.inHeight, rows) * lineBytes(d);
}

// The scratch is known from phase 1 on; phase 0 has nothing to do.
export function maxPool2dBlocks(d: MaxPool2d, phase: i32): i32 {
  if (phase == 0) return 0;
  return phase == 1 ? d.batch * ceilDivide(d.outHeight, outputsInBand(d)) : -1;
}

/** The first tap that does not lie before position 0, of taps `dilation` apart from `start` on. */
// @ts-ignore: decorator
@inline
function firstTap(start: i32, dilation: i32): i32 {
  return start >= 0 ? 0 : ceilDivide(-start, dilation);
}

/** Behind the last tap that lies before position `size`. */
// @ts-ignore: decorator
@inline
function endTap(start: i32, dilation: i32, size: i32, kernel: i32): i32 {
  return start >= size ? 0 : min(kernel, ceilDivide(size - start, dilation));
}

/** Some rows of results of one image. */
export function maxPool2d(d: MaxPool2d, phase: i32, block: i32, scratch: usize): void {
  const bandRows = outputsInBand(d);
  const bands = ceilDivide(d.outHeight, bandRows);
  const image = block / bands;
  const first = (block - image * bands) * bandRows;
  const end = min(d.outHeight, first + bandRows);
  const rowBytes = (d.inWidth * d.channels) << 2;
  const length = d.outWidth * d.channels;
  const x = d.x + image * d.inHeight * rowBytes;
  const line = lineBytes(d);
  const start = max(0, first * d.strideHeight - d.paddingTop);
  let next = start;
  for (let i = first; i < end; i++) {
    const offset = ((image * d.outHeight + i) * length) << 2;
    const y = d.y + offset;
    const top = i * d.strideHeight - d.paddingTop;
    const tap = firstTap(top, d.dilationHeight);
    const taps = endTap(top, d.dilationHeight, d.inHeight, d.kernelHeight) - tap;
    const row = top + tap * d.dilationHeight;
    if (taps <= 0) nothing(length, y, d.indices ? d.indices + offset : 0);
    else if (d.indices) alongRows(d, x + row * rowBytes, tap, taps, y, d.indices + offset);
    else {
      const last = row + (taps - 1) * d.dilationHeight;
      for (next = max(next, max(0, top)); next <= last; next++) {
        alongRow(d, x + next * rowBytes, scratch + (next - start) * line);
      }
      downRows(scratch + (row - start) * line, taps, d.dilationHeight * line, length, y);
    }
  }
}

/** Where dilation steps over the whole image. */
function nothing(length: i32, y: usize, indices: usize): void {
  fillWords(y, reinterpret<i32>(-Infinity as f32), length << 2);
  if (indices) fillWords(indices, -1, length << 2);
}

/** The maxima of all windows along one row of pixels. */
function alongRow(d: MaxPool2dGeometry, x: usize, y: usize): void {
  const bytes = d.channels << 2;
  const end = d.inWidth - reach(d.kernelWidth, d.dilationWidth);
  for (let j = 0; j < d.outWidth; ) {
    const left = j * d.strideWidth - d.paddingLeft;
    const tap = firstTap(left, d.dilationWidth);
    const taps = endTap(left, d.dilationWidth, d.inWidth, d.kernelWidth) - tap;
    // Windows that lie whole within the image go together.
    const count = taps == d.kernelWidth ? min(d.outWidth - j, (end - left) / d.strideWidth + 1) : 1;
    const from = x + (left + tap * d.dilationWidth) * bytes;
    if (taps <= 0) nothing(d.channels, y, 0);
    else alongWindows(taps, from, d.dilationWidth * bytes, d.strideWidth * bytes, count, d.channels, y);
    j += count;
    y += count * bytes;
  }
}

/** The maxima of `count` windows of equal taps, that lie `stride` bytes apart, and their taps `step`. */
function alongWindows(taps: i32, x: usize, step: i32, stride: i32, count: i32, channels: i32, y: usize): void {
  const bytes = channels << 2;
  let outer = count;
  let outerX = stride;
  let outerY = bytes;
  let inner = (channels + 3) >> 2;
  let innerX = 16;
  let innerY = 16;
  if (stride == bytes) {
    // One after the other, channels or pixels alike.
    outer = 1;
    inner = (count * channels + 3) >> 2;
  } else if (inner <= FEW && inner < count) {
    // The longer loop is the inner one; the last channels come first, for they reach beyond the pixel.
    outer = inner;
    inner = count;
    x += (outer - 1) << 4;
    y += (outer - 1) << 4;
    outerX = -16;
    outerY = -16;
    innerX = stride;
    innerY = bytes;
  }
  for (; outer > 0; outer--, x += outerX, y += outerY) {
    if (taps == 1) maxima(1, 1, x, step, inner, innerX, innerY, y);
    else if (taps == 2) maxima(2, 2, x, step, inner, innerX, innerY, y);
    else if (taps == 3) maxima(3, 3, x, step, inner, innerX, innerY, y);
    else maxima(0, taps, x, step, inner, innerX, innerY, y);
  }
}

/** Stores a vector, or the first one to three lanes. */
// @ts-ignore: decorator
@inline
function storeLanes(to: usize, v: v128, lanes: i32): void {
  if (lanes >= 4) v128.store(to, v);
  else storeTail(to, v, lanes);
}

/** The larger of each pair; NaN if one is, which pmax loses on one side. Of zeros of both signs it is the negative one. */
// @ts-ignore: decorator
@inline
function larger(a: v128, b: v128): v128 {
  return v128.or(f32x4.pmax(a, b), f32x4.pmax(b, a));
}

// @ts-ignore: decorator
@inline
function maximum(known: i32, taps: i32, x: usize, step: i32): v128 {
  let largest = v128.load(x);
  if (known > 1) largest = larger(largest, v128.load(x + step));
  if (known > 2) largest = larger(largest, v128.load(x + 2 * step));
  if (known == 0) {
    for (; taps > 1; taps--) {
      x += step;
      largest = larger(largest, v128.load(x));
    }
  }
  return largest;
}

/** Two at a time. */
// @ts-ignore: decorator
@inline
function maxima(
  known: i32,
  taps: i32,
  x: usize,
  step: i32,
  count: i32,
  nextX: i32,
  nextY: i32,
  y: usize,
): void {
  if (count == 1) {
    nextX = 0;
    nextY = 0;
  }
  // Of an odd number the second comes again.
  let from = count & 1 ? nextX : 2 * nextX;
  let to = count & 1 ? nextY : 2 * nextY;
  for (; count > 0; count -= 2) {
    v128.store(y, maximum(known, taps, x, step));
    v128.store(y + nextY, maximum(known, taps, x + nextX, step));
    x += from;
    y += to;
    from = 2 * nextX;
    to = 2 * nextY;
  }
}

/** The maxima of rows, element by element. */
function downRows(x: usize, rows: i32, stride: i32, length: i32, y: usize): void {
  if (rows == 1) return copyWords(y, x, length << 2);
  const end = x + rows * stride;
  // The last row may count twice, and then what there is so far with the next two.
  for (let first = x; x < end; first = y) {
    if (first == x) x += stride;
    const next = x + stride < end ? stride : 0;
    largest(first, x, x + next, length, y);
    x += 2 * stride;
  }
}

function largest(x: usize, x1: usize, x2: usize, length: i32, y: usize): void {
  for (; length >= 8; length -= 8) {
    v128.store(y, larger(larger(v128.load(x), v128.load(x1)), v128.load(x2)));
    v128.store(y, larger(larger(v128.load(x, 16), v128.load(x1, 16)), v128.load(x2, 16)), 16);
    x += 32;
    x1 += 32;
    x2 += 32;
    y += 32;
  }
  for (; length > 0; length -= 4) {
    storeLanes(y, larger(larger(v128.load(x), v128.load(x1)), v128.load(x2)), length);
    x += 16;
    x1 += 16;
    x2 += 16;
    y += 16;
  }
}

/** The maxima of all windows along `rows` rows of pixels, and where in their windows they are. */
function alongRows(d: MaxPool2d, x: usize, tap: i32, rows: i32, y: usize, indices: usize): void {
  const bytes = d.channels << 2;
  const step = d.dilationHeight * d.inWidth * bytes;
  const apart = d.dilationHeight * reach(d.kernelWidth, d.dilationWidth);
  for (let j = 0; j < d.outWidth; j++) {
    const left = j * d.strideWidth - d.paddingLeft;
    const column = firstTap(left, d.dilationWidth);
    const columns = endTap(left, d.dilationWidth, d.inWidth, d.kernelWidth) - column;
    const skipped = column * d.dilationWidth;
    const from = x + (left + skipped) * bytes;
    if (columns <= 0) nothing(d.channels, y, indices);
    else window(from, tap * apart + skipped, rows, step, apart, columns, d.dilationWidth, bytes, y, indices);
    y += bytes;
    indices += bytes;
  }
}

/**
 * One window from its first pixel on, which has place `first` in it. The next row lies `rowStep` bytes and `apart` places
 * behind, the next column `columnStep` pixels.
 */
function window(
  x: usize,
  first: i32,
  rows: i32,
  rowStep: i32,
  apart: i32,
  columns: i32,
  columnStep: i32,
  bytes: i32,
  y: usize,
  indices: usize,
): void {
  const linesEnd = y + (bytes & ~31);
  const end = y + bytes;
  for (; y < linesEnd; x += 32, y += 32, indices += 32) {
    if (eightMaxima(x, first, rows, rowStep, apart, columns, columnStep, bytes, y, indices)) continue;
    for (let i = 0; i < 32; i += 16) {
      fourMaxima(x + i, first, rows, rowStep, apart, columns, columnStep, bytes, 4, y + i, indices + i);
    }
  }
  for (; y < end; x += 16, y += 16, indices += 16) {
    const count = min(4, i32(end - y) >> 2);
    fourMaxima(x, first, rows, rowStep, apart, columns, columnStep, bytes, count, y, indices);
  }
}

/** Pixels are met in rising order, so the last that was better has the largest number. */
// @ts-ignore: decorator
@inline
function later(where: v128, here: v128, x: v128, largest: v128): v128 {
  return i32x4.max_s(where, v128.and(here, f32x4.gt(x, largest)));
}

/** Of eight channels; false, and nothing to rely on, if there is perhaps a NaN. */
// @ts-ignore: decorator
@inline
function eightMaxima(
  x: usize,
  first: i32,
  rows: i32,
  rowStep: i32,
  apart: i32,
  columns: i32,
  columnStep: i32,
  bytes: i32,
  y: usize,
  indices: usize,
): bool {
  const step = columnStep * bytes;
  let from = x;
  let largest0 = v128.load(from);
  let largest1 = v128.load(from, 16);
  let where0 = i32x4.splat(first);
  let where1 = where0;
  // NaN spreads through sums (as does the sum of both infinities).
  // Two of them, so that additions wait less for one another.
  let sum0 = f32x4.splat(0);
  let sum1 = sum0;
  for (let r = 0; r < rows; r++, x += rowStep, first += apart) {
    from = x;
    let here = i32x4.splat(first);
    let s = columns;
    // Two at a time, for the loop takes as long as a pixel; three vectors of channels would not fit the registers.
    for (; s > 1; s -= 2) {
      const a0 = v128.load(from);
      where0 = later(where0, here, a0, largest0);
      largest0 = f32x4.pmax(largest0, a0);
      sum0 = f32x4.add(sum0, a0);
      const a1 = v128.load(from, 16);
      where1 = later(where1, here, a1, largest1);
      largest1 = f32x4.pmax(largest1, a1);
      sum1 = f32x4.add(sum1, a1);
      from += step;
      here = i32x4.add(here, i32x4.splat(columnStep));
      const b0 = v128.load(from);
      where0 = later(where0, here, b0, largest0);
      largest0 = f32x4.pmax(largest0, b0);
      sum0 = f32x4.add(sum0, b0);
      const b1 = v128.load(from, 16);
      where1 = later(where1, here, b1, largest1);
      largest1 = f32x4.pmax(largest1, b1);
      sum1 = f32x4.add(sum1, b1);
      from += step;
      here = i32x4.add(here, i32x4.splat(columnStep));
    }
    if (s > 0) {
      const c0 = v128.load(from);
      where0 = later(where0, here, c0, largest0);
      largest0 = f32x4.pmax(largest0, c0);
      sum0 = f32x4.add(sum0, c0);
      const c1 = v128.load(from, 16);
      where1 = later(where1, here, c1, largest1);
      largest1 = f32x4.pmax(largest1, c1);
      sum1 = f32x4.add(sum1, c1);
    }
  }
  v128.store(y, largest0);
  v128.store(y, largest1, 16);
  v128.store(indices, where0);
  v128.store(indices, where1, 16);
  const sum = f32x4.add(sum0, sum1);
  return !v128.any_true(f32x4.ne(sum, sum));
}

/** Of up to `count` of four channels; the first pixel counts always, then the larger ones, and NaN. */
function fourMaxima(
  x: usize,
  first: i32,
  rows: i32,
  rowStep: i32,
  apart: i32,
  columns: i32,
  columnStep: i32,
  bytes: i32,
  count: i32,
  y: usize,
  indices: usize,
): void {
  const step = columnStep * bytes;
  let largest = v128.load(x);
  let where = i32x4.splat(first);
  for (let r = 0; r < rows; r++, x += rowStep, first += apart) {
    let from = x;
    let here = i32x4.splat(first);
    for (let s = columns; s > 0; s--) {
      const values = v128.load(from);
      const better = v128.or(f32x4.gt(values, largest), f32x4.ne(values, values));
      largest = v128.bitselect(values, largest, better);
      where = i32x4.max_s(where, v128.and(here, better));
      from += step;
      here = i32x4.add(here, i32x4.splat(columnStep));
    }
  }
  storeLanes(y, largest, count);
  storeLanes(indices, where, count);
}

// @ts-ignore: decorator
@unmanaged
class MaxPool2dGradient extends MaxPool2dGeometry {
  indices: usize;
  gradient: usize;
  xGradient: usize;
}

export function maxPool2dGradientBlocks(d: MaxPool2dGradient, phase: i32): i32 {
  return phase == 0 ? ceilDivide(d.batch * d.inHeight, rowsInBlock(d)) : -1;
}

function rowsInBlock(d: MaxPool2dGradient): i32 {
  return max(1, CHUNK / max(1, d.inWidth * d.channels));
}

/** The first output whose window reaches a position of the padded image. */
// @ts-ignore: decorator
@inline
function firstOutput(position: i32, stride: i32, reach: i32): i32 {
  return position >= reach ? (position - reach) / stride + 1 : 0;
}

/** Some rows of pixels. */
export function maxPool2dGradient(d: MaxPool2dGradient, phase: i32, block: i32, scratch: usize): void {
  const rows = rowsInBlock(d);
  const end = min(d.batch * d.inHeight, (block + 1) * rows);
  for (let row = block * rows; row < end; row++) collectRow(d, row);
}

/** One row, each pixel of which collects from the windows that reach it, in their order. */
function collectRow(d: MaxPool2dGradient, index: i32): void {
  const image = index / d.inHeight;
  const row = index - image * d.inHeight + d.paddingTop;
  const top = firstOutput(row, d.strideHeight, reach(d.kernelHeight, d.dilationHeight));
  const bottom = min(d.outHeight, row / d.strideHeight + 1);
  const bytes = d.channels << 2;
  const lineBytes = d.outWidth * bytes;
  const xGradient = d.xGradient + index * d.inWidth * bytes;
  const width = reach(d.kernelWidth, d.dilationWidth);
  const stride = d.strideWidth;
  // Pixels a stride apart lie alike in their windows and go together, so many that they stay near.
  const isNear = stride == 1 || bytes < LONG_PIXEL;
  const together = isNear ? max(1, NEAR / max(1, bytes)) * stride : stride;
  for (let start = 0; start < d.inWidth; start += together) {
    const end = min(d.inWidth, start + together);
    for (let first = start; first < min(end, start + stride); first++) {
      for (let j = first; j < end; ) {
        const column = j + d.paddingLeft;
        const left = firstOutput(column, stride, width);
        const right = column / stride + 1;
        const to = xGradient + j * bytes;
        let windows = min(d.outWidth, right) - left;
        let count = 1;
        if (windows <= 0 || top >= bottom) {
          fillWords(to, 0, bytes);
          windows = 0;
        } else if (column >= width - stride) {
          // From where windows begin within the image to where they end.
          count = max(1, min((end - 1 - j) / stride, d.outWidth - right) + 1);
        }
        for (let i = top; i < bottom; i++) {
          let offset = (image * d.outHeight + i) * lineBytes + left * bytes;
          let here = (row - i * d.strideHeight) * width + column - left * stride;
          for (let more = windows; more > 0; more -= 3) {
            const isFirst = i == top && more == windows;
            collect(more, isFirst, here, stride, d.indices + offset, d.gradient - d.indices, bytes, to, count);
            offset += 3 * bytes;
            here -= 3 * stride;
          }
        }
        j += count * stride;
      }
    }
  }
}

/** `count` pixels from some windows each, up to three of which count; `bytes` lie from one to the next. */
function collect(
  windows: i32,
  isFirst: bool,
  here: i32,
  stride: i32,
  indices: usize,
  toGradient: usize,
  bytes: i32,
  xGradient: usize,
  count: i32,
): void {
  const step = stride * bytes;
  let length = bytes >> 2;
  if (stride == 1) {
    length *= count;
    count = 1;
  }
  const most = count > 1 && bytes <= 16 * FEW ? 0 : length & ~7;
  if (most > 0) {
    for (let k = 0; k < count; k++) {
      const from = indices + k * bytes;
      const to = xGradient + k * step;
      if (windows == 1) fromOne(isFirst, here, from, toGradient, to, most);
      else if (windows == 2) fromTwo(isFirst, here, stride, from, toGradient, bytes, to, most);
      else fromThree(isFirst, here, stride, from, toGradient, bytes, to, most);
    }
  }
  for (let at = most; at < length; at += 4) {
    const from = indices + (at << 2);
    const to = xGradient + (at << 2);
    const lanes = length - at;
    if (windows == 1) fewFromOne(isFirst, here, from, toGradient, bytes, to, count, step, lanes);
    else fewFromTwo(isFirst, here, stride, from, toGradient, bytes, to, count, step, lanes);
    if (windows > 2) fewFromOne(false, here - 2 * stride, from + 2 * bytes, toGradient, bytes, to, count, step, lanes);
  }
}

/** What windows give to the pixel at a place in them. */
// @ts-ignore: decorator
@inline
function given(indices: usize, toGradient: usize, place: v128): v128 {
  return v128.and(v128.load(indices + toGradient), i32x4.eq(v128.load(indices), place));
}

// @ts-ignore: decorator
@inline
function nextGiven(indices: usize, toGradient: usize, place: v128): v128 {
  return v128.and(v128.load(indices + toGradient, 16), i32x4.eq(v128.load(indices, 16), place));
}

function fewFromOne(
  isFirst: bool,
  place: i32,
  indices: usize,
  toGradient: usize,
  bytes: i32,
  xGradient: usize,
  count: i32,
  step: i32,
  lanes: i32,
): void {
  const here = i32x4.splat(place);
  for (; count > 0; count--) {
    let sum = given(indices, toGradient, here);
    if (!isFirst) sum = f32x4.add(v128.load(xGradient), sum);
    storeLanes(xGradient, sum, lanes);
    xGradient += step;
    indices += bytes;
  }
}

function fewFromTwo(
  isFirst: bool,
  place: i32,
  stride: i32,
  indices: usize,
  toGradient: usize,
  bytes: i32,
  xGradient: usize,
  count: i32,
  step: i32,
  lanes: i32,
): void {
  const here = i32x4.splat(place);
  const here1 = i32x4.splat(place - stride);
  for (; count > 0; count--) {
    let sum = given(indices, toGradient, here);
    if (!isFirst) sum = f32x4.add(v128.load(xGradient), sum);
    indices += bytes;
    sum = f32x4.add(sum, given(indices, toGradient, here1));
    storeLanes(xGradient, sum, lanes);
    xGradient += step;
  }
}

// @ts-ignore: decorator
@inline
function fromOne(
  isFirst: bool,
  place: i32,
  indices: usize,
  toGradient: usize,
  xGradient: usize,
  length: i32,
): void {
  const here = i32x4.splat(place);
  for (; length > 0; length -= 8) {
    let sum = given(indices, toGradient, here);
    let next = nextGiven(indices, toGradient, here);
    if (!isFirst) {
      sum = f32x4.add(v128.load(xGradient), sum);
      next = f32x4.add(v128.load(xGradient, 16), next);
    }
    v128.store(xGradient, sum);
    v128.store(xGradient, next, 16);
    indices += 32;
    xGradient += 32;
  }
}

// @ts-ignore: decorator
@inline
function fromTwo(
  isFirst: bool,
  place: i32,
  stride: i32,
  indices: usize,
  toGradient: usize,
  bytes: i32,
  xGradient: usize,
  length: i32,
): void {
  const here = i32x4.splat(place);
  const here1 = i32x4.splat(place - stride);
  for (; length > 0; length -= 8) {
    let sum = given(indices, toGradient, here);
    let next = nextGiven(indices, toGradient, here);
    if (!isFirst) {
      sum = f32x4.add(v128.load(xGradient), sum);
      next = f32x4.add(v128.load(xGradient, 16), next);
    }
    sum = f32x4.add(sum, given(indices + bytes, toGradient, here1));
    next = f32x4.add(next, nextGiven(indices + bytes, toGradient, here1));
    v128.store(xGradient, sum);
    v128.store(xGradient, next, 16);
    indices += 32;
    xGradient += 32;
  }
}

// @ts-ignore: decorator
@inline
function fromThree(
  isFirst: bool,
  place: i32,
  stride: i32,
  indices: usize,
  toGradient: usize,
  bytes: i32,
  xGradient: usize,
  length: i32,
): void {
  const here = i32x4.splat(place);
  const here1 = i32x4.splat(place - stride);
  const here2 = i32x4.splat(place - 2 * stride);
  for (; length > 0; length -= 8) {
    let sum = given(indices, toGradient, here);
    let next = nextGiven(indices, toGradient, here);
    if (!isFirst) {
      sum = f32x4.add(v128.load(xGradient), sum);
      next = f32x4.add(v128.load(xGradient, 16), next);
    }
    sum = f32x4.add(sum, given(indices + bytes, toGradient, here1));
    next = f32x4.add(next, nextGiven(indices + bytes, toGradient, here1));
    sum = f32x4.add(sum, given(indices + 2 * bytes, toGradient, here2));
    next = f32x4.add(next, nextGiven(indices + 2 * bytes, toGradient, here2));
    v128.store(xGradient, sum);
    v128.store(xGradient, next, 16);
    indices += 32;
    xGradient += 32;
  }
}
