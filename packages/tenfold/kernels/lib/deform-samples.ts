// What deformable convolution and its gradients have in common: where taps fall, the samples taken there, and what
// products read of them. Samples are interpolated into columns, [position][tap][channel], for a band of positions at a
// time, with channels in vector lanes.
//
// All three workspaces begin with [Taps][their tables].

import { Epilogue } from './epilogue';
import { Region } from './regions';
import { TAP_BYTES, Taps, addTap } from './taps';
import { align16 } from './vector';

// @ts-ignore: decorator
@unmanaged
export class DeformGeometry extends Epilogue {
  batch: i32;
  inHeight: i32;
  inWidth: i32;
  inChannels: i32;
  outHeight: i32;
  outWidth: i32;
  outChannels: i32;
  groups: i32;
  offsetGroups: i32;
  kernelHeight: i32;
  kernelWidth: i32;
  strideHeight: i32;
  strideWidth: i32;
  dilationHeight: i32;
  dilationWidth: i32;
  paddingTop: i32;
  paddingLeft: i32;
  x: usize;
  offset: usize;
  mask: usize;
  workspace: usize;
}

export function tapsOf(d: DeformGeometry): i32 {
  return d.kernelHeight * d.kernelWidth;
}

/** Output positions of all images. */
export function positionsOf(d: DeformGeometry): i32 {
  return d.batch * d.outHeight * d.outWidth;
}

// --- where taps fall ---

/** One tap at one position: the four pixels, in bytes from the image's first or OUTSIDE, and where between them it falls. */
// @ts-ignore: decorator
@unmanaged
export class Point {
  topLeft: i32;
  topRight: i32;
  bottomLeft: i32;
  bottomRight: i32;
  /** Side by side, as in an offset. */
  down: f32;
  right: f32;
  mask: f32;
}

export const POINT_BYTES: i32 = offsetof<Point>();
const OUTSIDE: i32 = -1;

/** Writes a point for each tap of one output position and offset group. */
export function locate(d: DeformGeometry, position: i32, offsetGroup: i32, points: usize): void {
  let index = (position * d.offsetGroups + offsetGroup) * tapsOf(d);
  const down = position / d.outWidth;
  const firstRow = (down % d.outHeight) * d.strideHeight - d.paddingTop;
  const firstColumn = (position - down * d.outWidth) * d.strideWidth - d.paddingLeft;
  const pixelBytes = d.inChannels << 2;
  const rowBytes = pixelBytes * d.inWidth;
  const height = u32(d.inHeight);
  const width = u32(d.inWidth);
  for (let r = 0; r < d.kernelHeight; r++) {
    for (let s = 0; s < d.kernelWidth; s++) {
      const point = changetype<Point>(points);
      const tap = f32x4(f32(firstRow + r * d.dilationHeight), f32(firstColumn + s * d.dilationWidth), 0, 0);
      const place = f32x4.add(tap, v128.load64_zero(d.offset + (index << 3)));
      const pixel = f32x4.floor(place);
      v128.store64_lane(points, f32x4.sub(place, pixel), 0, offsetof<Point>('down'));
      point.mask = d.mask ? load<f32>(d.mask + (index << 2)) : 1;
      // What is not a number is outside in every way.
      const whole = v128.bitselect(
        i32x4.trunc_sat_f32x4_s(pixel),
        i32x4.splat(-2),
        f32x4.eq(pixel, pixel),
      );
      const top = i32x4.extract_lane(whole, 0);
      const left = i32x4.extract_lane(whole, 1);
      const upper = u32(top) < height;
      const lower = u32(top + 1) < height;
      const nearer = u32(left) < width;
      const farther = u32(left + 1) < width;
      const corner = top * rowBytes + left * pixelBytes;
      point.topLeft = select(corner, OUTSIDE, upper && nearer);
      point.topRight = select(corner + pixelBytes, OUTSIDE, upper && farther);
      point.bottomLeft = select(corner + rowBytes, OUTSIDE, lower && nearer);
      point.bottomRight = select(corner + rowBytes + pixelBytes, OUTSIDE, lower && farther);
      points += POINT_BYTES;
      index++;
    }
  }
}

// A pixel outside counts as zero: it is read from a row of zeros.
// @ts-ignore: decorator
@inline
export function orElse(image: usize, pixel: i32, outside: usize): usize {
  return select<usize>(outside, image + pixel, pixel == OUTSIDE);
}

export function zeroBytes(d: DeformGeometry): i32 {
  return align16(d.inChannels * 4 + 16);
}

// --- samples ---

/** Writes taps [firstTap, endTap) of the columns of `count` positions; `points` has room for one position's taps. */
export function sample(
  d: DeformGeometry,
  first: i32,
  count: i32,
  firstTap: i32,
  endTap: i32,
  columns: usize,
  zeros: usize,
  points: usize,
): void {
  const groupBytes = (d.inChannels / d.offsetGroups) << 2;
  const tapBytes = d.inChannels << 2;
  for (let position = first; position < first + count; position++) {
    const image = imageOf(d, d.x, position);
    for (let group = 0; group < d.offsetGroups; group++) {
      locate(d, position, group, points);
      const start = group * groupBytes;
      let column = columns + start;
      for (let tap = firstTap; tap < endTap; tap++) {
        interpolate(changetype<Point>(points + tap * POINT_BYTES), image + start, groupBytes, column, zeros);
        column += tapBytes;
      }
    }
    columns += (endTap - firstTap) * tapBytes;
  }
}

function imageOf(d: DeformGeometry, tensor: usize, position: i32): usize {
  return tensor + (position / (d.outHeight * d.outWidth)) * d.inHeight * d.inWidth * d.inChannels * 4;
}

/** Writes `bytes` of interpolated channels times the mask to `to`. */
function interpolate(p: Point, image: usize, bytes: i32, to: usize, zeros: usize): void {
  const topLeft = orElse(image, p.topLeft, zeros);
  const topRight = orElse(image, p.topRight, zeros);
  const bottomLeft = orElse(image, p.bottomLeft, zeros);
  const bottomRight = orElse(image, p.bottomRight, zeros);
  const up: f32 = (1 - p.down) * p.mask;
  const down = p.down * p.mask;
  const left: f32 = 1 - p.right;
  const w0 = up * left;
  const w1 = up * p.right;
  const w2 = down * left;
  const w3 = down * p.right;
  let c = 0;
  for (; c + 16 <= bytes; c += 16) {
    let sum = f32x4.mul(f32x4.splat(w0), v128.load(topLeft + c));
    sum = f32x4.add(sum, f32x4.mul(f32x4.splat(w1), v128.load(topRight + c)));
    sum = f32x4.add(sum, f32x4.mul(f32x4.splat(w2), v128.load(bottomLeft + c)));
    sum = f32x4.add(sum, f32x4.mul(f32x4.splat(w3), v128.load(bottomRight + c)));
    v128.store(to + c, sum);
  }
  for (; c < bytes; c += 4) {
    const sum =
      w0 * load<f32>(topLeft + c) +
      w1 * load<f32>(topRight + c) +
      w2 * load<f32>(bottomLeft + c) +
      w3 * load<f32>(bottomRight + c);
    store<f32>(to + c, sum);
  }
}

// --- what products read: an image of one row, its taps and the one region behind them ---

export const ROW_BYTES: i32 = offsetof<Taps>() + offsetof<Region>();

/** The description of that row, at the start of the workspace. */
export function rowTaps(d: DeformGeometry): Taps {
  return changetype<Taps>(d.workspace);
}

/** Where the workspace goes on. */
export function behindTaps(d: DeformGeometry): usize {
  return d.workspace + align16(ROW_BYTES + tapsOf(d) * TAP_BYTES);
}

/**
 * Describes rows of positions `positionBytes` apart, each with a number of taps `tapBytes` apart, of which a product
 * reads `channels`. Where the row begins and how many positions it has is said by `setRow`, for each band.
 */
export function planRow(d: DeformGeometry, taps: i32, tapBytes: i32, channels: i32, positionBytes: i32, band: i32): void {
  const t = rowTaps(d);
  t.images = 1;
  t.height = taps;
  t.pixelStride = positionBytes >> 2;
  t.channels = channels;
  t.strideHeight = 1;
  t.strideWidth = 1;
  t.originHeight = 0;
  t.originWidth = 0;
  t.table = d.workspace + ROW_BYTES;
  t.count = 0;
  // Taps lie as rows do.
  for (let tap = 0; tap < taps; tap++) addTap(t, tap, 0, tap);
  t.groups = d.groups;
  t.scratchBytes = 0;
  t.bands = 1;
  t.rowBytes = tapBytes;
  t.pixelBytes = positionBytes;
  t.bandPositions = band;
}

export function setRow(t: Taps, first: usize, count: i32): void {
  const region = changetype<Region>(changetype<usize>(t) + offsetof<Taps>());
  t.input = first;
  t.width = count;
  t.regionsEnd = changetype<usize>(region) + offsetof<Region>();
  region.row = 0;
  region.rows = 1;
  region.column = 0;
  region.columns = count;
  region.positions = count;
  region.firstBand = 0;
}
