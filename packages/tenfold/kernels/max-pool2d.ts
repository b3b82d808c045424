import { ceilDivide, storeTail } from './lib/vector';

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
  indices: usize;
}

export function maxPool2dBlocks(d: MaxPool2d, phase: i32): i32 {
  return phase == 0 ? d.batch * d.outHeight : -1;
}

/** The first tap that does not lie before position 0, of taps `dilation` apart from `start` on. */
// @ts-ignore: decorator
@inline
function firstTap(start: i32, dilation: i32): i32 {
  return start >= 0 ? 0 : dilation == 1 ? -start : ceilDivide(-start, dilation);
}

/** Behind the last tap that lies before position `size`. */
// @ts-ignore: decorator
@inline
function endTap(start: i32, dilation: i32, size: i32, kernel: i32): i32 {
  return start >= size ? 0 : min(kernel, dilation == 1 ? size - start : ceilDivide(size - start, dilation));
}

/** One row of one image. */
export function maxPool2d(d: MaxPool2d, phase: i32, block: i32, scratch: usize): void {
  const image = block / d.outHeight;
  const top = (block - image * d.outHeight) * d.strideHeight - d.paddingTop;
  const firstRow = firstTap(top, d.dilationHeight);
  const rows = endTap(top, d.dilationHeight, d.inHeight, d.kernelHeight) - firstRow;
  const bytes = d.channels << 2;
  const row = (top + firstRow * d.dilationHeight) * d.inWidth;
  const rowStep = d.dilationHeight * d.inWidth;
  const x = d.x + image * d.inHeight * d.inWidth * bytes;
  let y = d.y + block * d.outWidth * bytes;
  let indices = d.indices + block * d.outWidth * bytes;
  for (let j = 0; j < d.outWidth; j++) {
    const left = j * d.strideWidth - d.paddingLeft;
    const firstColumn = firstTap(left, d.dilationWidth);
    const columns = endTap(left, d.dilationWidth, d.inWidth, d.kernelWidth) - firstColumn;
    if (rows > 0 && columns > 0) {
      const pixel = row + left + firstColumn * d.dilationWidth;
      maxima(x, pixel, rows, rowStep, columns, d.dilationWidth, bytes, y, indices);
    } else nothing(d.channels, y, indices);
    y += bytes;
    indices += bytes;
  }
}

/** Where dilation steps over the whole image. */
function nothing(channels: i32, y: usize, indices: usize): void {
  memory.fill(indices, 0xff, channels << 2);
  for (let c = 0; c < channels; c++) store<f32>(y + (c << 2), -Infinity);
}

/** One window, whose pixels are counted within the image x and follow `rowStep` and `columnStep` pixels apart. */
function maxima(
  x: usize,
  pixel: i32,
  rows: i32,
  rowStep: i32,
  columns: i32,
  columnStep: i32,
  bytes: i32,
  y: usize,
  indices: usize,
): void {
  const linesEnd = y + (bytes & ~31);
  const end = y + bytes;
  for (; y < linesEnd; x += 32, y += 32, indices += 32) {
    if (eightMaxima(x, pixel, rows, rowStep, columns, columnStep, bytes, y, indices)) continue;
    for (let i = 0; i < 32; i += 16) {
      fourMaxima(x + i, pixel, rows, rowStep, columns, columnStep, bytes, 4, y + i, indices + i);
    }
  }
  for (; y < end; x += 16, y += 16, indices += 16) {
    const count = min(4, i32(end - y) >> 2);
    fourMaxima(x, pixel, rows, rowStep, columns, columnStep, bytes, count, y, indices);
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
  pixel: i32,
  rows: i32,
  rowStep: i32,
  columns: i32,
  columnStep: i32,
  bytes: i32,
  y: usize,
  indices: usize,
): bool {
  const step = columnStep * bytes;
  let from = x + pixel * bytes;
  let largest0 = v128.load(from);
  let largest1 = v128.load(from, 16);
  let where0 = i32x4.splat(pixel);
  let where1 = where0;
  // NaN spreads through sums (as does the sum of both infinities).
  // Two of them, so that additions wait less for one another.
  let sum0 = f32x4.splat(0);
  let sum1 = sum0;
  for (let r = 0; r < rows; r++, pixel += rowStep) {
    from = x + pixel * bytes;
    let here = i32x4.splat(pixel);
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
  pixel: i32,
  rows: i32,
  rowStep: i32,
  columns: i32,
  columnStep: i32,
  bytes: i32,
  count: i32,
  y: usize,
  indices: usize,
): void {
  const step = columnStep * bytes;
  let largest = v128.load(x + pixel * bytes);
  let where = i32x4.splat(pixel);
  for (let r = 0; r < rows; r++, pixel += rowStep) {
    let from = x + pixel * bytes;
    let here = i32x4.splat(pixel);
    for (let s = columns; s > 0; s--) {
      const values = v128.load(from);
      const better = v128.or(f32x4.gt(values, largest), f32x4.ne(values, values));
      largest = v128.bitselect(values, largest, better);
      where = i32x4.max_s(where, v128.and(here, better));
      from += step;
      here = i32x4.add(here, i32x4.splat(columnStep));
    }
  }
  if (count >= 4) {
    v128.store(y, largest);
    v128.store(indices, where);
  } else {
    storeTail(y, largest, count);
    storeTail(indices, where, count);
  }
}

// @ts-ignore: decorator
@unmanaged
class MaxPool2dGradient extends MaxPool2dGeometry {
  indices: usize;
  gradient: usize;
  xGradient: usize;
}

export function maxPool2dGradientBlocks(d: MaxPool2dGradient, phase: i32): i32 {
  return phase == 0 ? d.batch * d.inHeight : -1;
}

/** The first output whose window reaches a position of the padded image. */
// @ts-ignore: decorator
@inline
function firstOutput(position: i32, stride: i32, dilation: i32, kernel: i32): i32 {
  const before = position - (kernel - 1) * dilation;
  return before > 0 ? ceilDivide(before, stride) : 0;
}

/** One row of one image: each pixel collects from the windows around it, in their order, whose maximum it was. */
export function maxPool2dGradient(d: MaxPool2dGradient, phase: i32, block: i32, scratch: usize): void {
  const image = block / d.inHeight;
  const row = block - image * d.inHeight;
  const top = firstOutput(row + d.paddingTop, d.strideHeight, d.dilationHeight, d.kernelHeight);
  const rows = min(d.outHeight, (row + d.paddingTop) / d.strideHeight + 1) - top;
  const bytes = d.channels << 2;
  const above = (image * d.outHeight + top) * d.outWidth;
  let xGradient = d.xGradient + block * d.inWidth * bytes;
  const reach = (d.kernelWidth - 1) * d.dilationWidth;
  let left = 0;
  let right = 0;
  for (let j = 0; j < d.inWidth; j++) {
    const column = j + d.paddingLeft;
    while (left < d.outWidth && left * d.strideWidth + reach < column) left++;
    while (right < d.outWidth && right * d.strideWidth <= column) right++;
    const columns = right - left;
    const offset = (above + left) * bytes;
    const pixel = row * d.inWidth + j;
    if (rows <= 0 || columns <= 0) memory.fill(xGradient, 0, bytes);
    else if (rows == 1 && columns == 1) {
      fromOutputs(1, true, d.indices + offset, d.gradient + offset, bytes, pixel, xGradient);
    } else collect(d.indices + offset, d.gradient + offset, rows, d.outWidth * bytes, columns, bytes, pixel, xGradient);
    xGradient += bytes;
  }
}

/** What one pixel gets from `rows` by `columns` outputs. */
function collect(
  indices: usize,
  gradient: usize,
  rows: i32,
  rowBytes: i32,
  columns: i32,
  bytes: i32,
  pixel: i32,
  xGradient: usize,
): void {
  for (let r = 0; r < rows; r++) {
    let left = columns;
    let at = r * rowBytes;
    if (r == 0) {
      if (left == 1) fromOutputs(1, true, indices, gradient, bytes, pixel, xGradient);
      else fromOutputs(2, true, indices, gradient, bytes, pixel, xGradient);
      left -= 2;
      at += 2 * bytes;
    }
    for (; left > 0; left -= 2, at += 2 * bytes) {
      if (left == 1) fromOutputs(1, false, indices + at, gradient + at, bytes, pixel, xGradient);
      else fromOutputs(2, false, indices + at, gradient + at, bytes, pixel, xGradient);
    }
  }
}

// @ts-ignore: decorator
@inline
function fromOutputs(
  columns: i32,
  isFirst: bool,
  indices: usize,
  gradient: usize,
  bytes: i32,
  pixel: i32,
  xGradient: usize,
): void {
  const here = i32x4.splat(pixel);
  const end = xGradient + bytes;
  const linesEnd = xGradient + (bytes & ~31);
  let nextIndices = indices + bytes;
  let nextGradient = gradient + bytes;
  while (xGradient < linesEnd) {
    let sum0 = v128.and(v128.load(gradient), i32x4.eq(v128.load(indices), here));
    let sum1 = v128.and(v128.load(gradient, 16), i32x4.eq(v128.load(indices, 16), here));
    sum0 = f32x4.add(isFirst ? f32x4.splat(0) : v128.load(xGradient), sum0);
    sum1 = f32x4.add(isFirst ? f32x4.splat(0) : v128.load(xGradient, 16), sum1);
    if (columns > 1) {
      sum0 = f32x4.add(sum0, v128.and(v128.load(nextGradient), i32x4.eq(v128.load(nextIndices), here)));
      sum1 = f32x4.add(sum1, v128.and(v128.load(nextGradient, 16), i32x4.eq(v128.load(nextIndices, 16), here)));
      nextGradient += 32;
      nextIndices += 32;
    }
    v128.store(xGradient, sum0);
    v128.store(xGradient, sum1, 16);
    gradient += 32;
    indices += 32;
    xGradient += 32;
  }
  while (xGradient < end) {
    // Loads may reach beyond a pixel.
    let sum = v128.and(v128.load(gradient), i32x4.eq(v128.load(indices), here));
    sum = f32x4.add(isFirst ? f32x4.splat(0) : v128.load(xGradient), sum);
    if (columns > 1) {
      sum = f32x4.add(sum, v128.and(v128.load(nextGradient), i32x4.eq(v128.load(nextIndices), here)));
      nextGradient += 16;
      nextIndices += 16;
    }
    const count = i32(end - xGradient) >> 2;
    if (count >= 4) v128.store(xGradient, sum);
    else storeTail(xGradient, sum, count);
    gradient += 16;
    indices += 16;
    xGradient += 16;
  }
}
