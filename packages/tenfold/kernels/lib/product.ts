// Matrix product over taps: for each position of a band, [taps x channels] times the packed weights.
//
// The register tile is 4 positions by 8 output channels, eight accumulators, and the loop over the inner index is not
// unrolled: accumulators and the loads of one turn must fit 14 registers, or V8 on Node 20 spills.
//
// Long sums are taken in chunks: each product is rounded away against a short sum, not against the whole.

import { SEGMENT_BYTES, TAP_BYTES, Taps, openBand } from './taps';
import { ceilDivide } from './vector';

/** Output channels in a panel of packed weights. */
export const PANEL: i32 = 8;

/** Positions in a band: enough for a panel of weights to be reused. */
export const PRODUCT_BAND: i32 = 64;

const ADDRESS_BYTES: i32 = 8;

/** Terms in one chunk of a sum. */
export const CHUNK_TERMS: i32 = 128;

/** Bytes of x in one chunk. */
const CHUNK_BYTES: usize = CHUNK_TERMS * 4;

/** The sums of the chunks so far of one tile. */
const TOTALS_BYTES: i32 = 4 * PANEL * 4;

/** The other operands of a product. Position (i, j) of image n goes to y + n * imageBytes + i * rowBytes + j * columnBytes. */
// @ts-ignore: decorator
@unmanaged
export class Target {
  /** Packed weights of all panels of all groups. */
  packed: usize;
  bias: usize;
  y: usize;
  imageBytes: i32;
  rowBytes: i32;
  columnBytes: i32;
  /** Output channels of one group. */
  channels: i32;
}

export function productScratch(t: Taps): i32 {
  return TOTALS_BYTES + t.scratchBytes + (t.bandPositions + 4) * ADDRESS_BYTES;
}

export function packedBytes(inner: i32, channels: i32): i32 {
  return ceilDivide(channels, PANEL) * inner * PANEL * 4;
}

/**
 * Packs the weights of one panel of eight output channels as [tap][channel][8], zero where there is no such channel.
 * Weight (tap, channel, output) is at `weight` + tap index + channel * channelStride + output * outputStride, in floats.
 */
export function packPanel(
  t: Taps,
  weight: usize,
  channelStride: i32,
  outputStride: i32,
  outputs: i32,
  panel: i32,
  packed: usize,
): void {
  const first = panel * PANEL;
  const present = min(PANEL, outputs - first);
  let target = packed + panel * t.count * t.channels * PANEL * 4;
  for (let i = 0; i < t.count; i++) {
    const index = load<i32>(t.table + i * TAP_BYTES, 8);
    for (let c = 0; c < t.channels; c++) {
      let from = weight + (index + c * channelStride + first * outputStride << 2);
      for (let o = 0; o < present; o++) {
        store<f32>(target, load<f32>(from));
        target += 4;
        from += outputStride << 2;
      }
      for (let o = present; o < PANEL; o++) {
        store<f32>(target, 0);
        target += 4;
      }
    }
  }
}

/** Computes panels [firstPanel, endPanel) of one band of one image and group. */
export function product(
  t: Taps,
  target: Target,
  image: i32,
  group: i32,
  band: i32,
  firstPanel: i32,
  endPanel: i32,
  scratch: usize,
): void {
  const totals = scratch;
  const corner = openBand(t, image, group, band, scratch + TOTALS_BYTES);
  const addresses = scratch + TOTALS_BYTES + t.scratchBytes;
  const count = writeAddresses(t, target, image, group, band, corner, addresses);
  const packed = target.packed + group * packedBytes(t.count * t.channels, target.channels);
  const panelBytes = t.count * t.channels * PANEL * 4;
  for (let panel = firstPanel; panel < endPanel; panel++) {
    const first = panel * PANEL;
    const columns = min(PANEL, target.channels - first);
    const bias = target.bias ? target.bias + (group * target.channels + first << 2) : 0;
    const weights = packed + panel * panelBytes;
    for (let position = 0; position < count; position += 4) {
      tile(addresses + position * ADDRESS_BYTES, t.segments, t.segmentCount, weights, bias, totals, first << 2, columns);
    }
  }
}

/** For each position of the band the addresses of its first tap and of its result; the last one fills up the last tile. */
function writeAddresses(
  t: Taps,
  target: Target,
  image: i32,
  group: i32,
  band: i32,
  corner: usize,
  addresses: usize,
): i32 {
  const first = band * t.bandPositions;
  const count = min(t.bandPositions, t.positions - first);
  let row = first / t.gridWidth;
  let column = first - row * t.gridWidth;
  const xStep = t.pixelBytes * t.strideWidth;
  let xRow = corner;
  let yRow =
    target.y + image * target.imageBytes + row * target.rowBytes + (group * target.channels << 2);
  for (let i = 0; i < count; i++) {
    store<usize>(addresses + i * ADDRESS_BYTES, xRow + column * xStep);
    store<usize>(addresses + i * ADDRESS_BYTES, yRow + column * target.columnBytes, 4);
    if (++column == t.gridWidth) {
      column = 0;
      xRow += t.rowBytes * t.strideHeight;
      yRow += target.rowBytes;
    }
  }
  const last = addresses + (count - 1) * ADDRESS_BYTES;
  for (let i = count; (i & 3) != 0; i++) {
    store<u64>(addresses + i * ADDRESS_BYTES, load<u64>(last));
  }
  return count;
}

function tile(
  addresses: usize,
  segments: usize,
  segmentCount: i32,
  weights: usize,
  bias: usize,
  totals: usize,
  yOffset: i32,
  columns: i32,
): void {
  const x0 = load<usize>(addresses);
  const x1 = load<usize>(addresses, 8);
  const x2 = load<usize>(addresses, 16);
  const x3 = load<usize>(addresses, 24);
  let left = f32x4.splat(0);
  let right = f32x4.splat(0);
  if (bias) {
    left = v128.load(bias);
    right = v128.load(bias, 16);
  }
  let a0 = left;
  let b0 = right;
  let a1 = left;
  let b1 = right;
  let a2 = left;
  let b2 = right;
  let a3 = left;
  let b3 = right;
  const end = segments + segmentCount * SEGMENT_BYTES;
  let w = weights;
  let room = CHUNK_BYTES;
  let chunks = 0;
  while (segments < end) {
    const offset = load<i32>(segments);
    let p0 = x0 + offset;
    let p1 = x1 + offset;
    let p2 = x2 + offset;
    let p3 = x3 + offset;
    const stop = p0 + (load<i32>(segments, 4) << 2);
    while (p0 < stop) {
      const until = min(stop, p0 + room);
      room -= until - p0;
      while (p0 < until) {
        const wa = v128.load(w);
        const wb = v128.load(w, 16);
        const s0 = v128.load_splat<f32>(p0);
        const s1 = v128.load_splat<f32>(p1);
        const s2 = v128.load_splat<f32>(p2);
        const s3 = v128.load_splat<f32>(p3);
        a0 = f32x4.add(a0, f32x4.mul(s0, wa));
        b0 = f32x4.add(b0, f32x4.mul(s0, wb));
        a1 = f32x4.add(a1, f32x4.mul(s1, wa));
        b1 = f32x4.add(b1, f32x4.mul(s1, wb));
        a2 = f32x4.add(a2, f32x4.mul(s2, wa));
        b2 = f32x4.add(b2, f32x4.mul(s2, wb));
        a3 = f32x4.add(a3, f32x4.mul(s3, wa));
        b3 = f32x4.add(b3, f32x4.mul(s3, wb));
        p0 += 4;
        p1 += 4;
        p2 += 4;
        p3 += 4;
        w += 32;
      }
      if (room == 0) {
        if (chunks++ > 0) {
          a0 = f32x4.add(a0, v128.load(totals));
          b0 = f32x4.add(b0, v128.load(totals, 16));
          a1 = f32x4.add(a1, v128.load(totals, 32));
          b1 = f32x4.add(b1, v128.load(totals, 48));
          a2 = f32x4.add(a2, v128.load(totals, 64));
          b2 = f32x4.add(b2, v128.load(totals, 80));
          a3 = f32x4.add(a3, v128.load(totals, 96));
          b3 = f32x4.add(b3, v128.load(totals, 112));
        }
        v128.store(totals, a0);
        v128.store(totals, b0, 16);
        v128.store(totals, a1, 32);
        v128.store(totals, b1, 48);
        v128.store(totals, a2, 64);
        v128.store(totals, b2, 80);
        v128.store(totals, a3, 96);
        v128.store(totals, b3, 112);
        const zero = f32x4.splat(0);
        a0 = zero;
        b0 = zero;
        a1 = zero;
        b1 = zero;
        a2 = zero;
        b2 = zero;
        a3 = zero;
        b3 = zero;
        room = CHUNK_BYTES;
      }
    }
    segments += SEGMENT_BYTES;
  }
  if (chunks > 0) {
    a0 = f32x4.add(a0, v128.load(totals));
    b0 = f32x4.add(b0, v128.load(totals, 16));
    a1 = f32x4.add(a1, v128.load(totals, 32));
    b1 = f32x4.add(b1, v128.load(totals, 48));
    a2 = f32x4.add(a2, v128.load(totals, 64));
    b2 = f32x4.add(b2, v128.load(totals, 80));
    a3 = f32x4.add(a3, v128.load(totals, 96));
    b3 = f32x4.add(b3, v128.load(totals, 112));
  }
  storeRow(load<usize>(addresses, 4) + yOffset, a0, b0, columns);
  storeRow(load<usize>(addresses, 12) + yOffset, a1, b1, columns);
  storeRow(load<usize>(addresses, 20) + yOffset, a2, b2, columns);
  storeRow(load<usize>(addresses, 28) + yOffset, a3, b3, columns);
}

/** Stores the first `columns` of eight results. */
// @ts-ignore: decorator
@inline
function storeRow(y: usize, left: v128, right: v128, columns: i32): void {
  if (columns == PANEL) {
    v128.store(y, left);
    v128.store(y, right, 16);
  } else {
    storePart(y, left, right, columns);
  }
}

function storePart(y: usize, left: v128, right: v128, columns: i32): void {
  let rest = left;
  let count = columns;
  if (count >= 4) {
    v128.store(y, left);
    rest = right;
    y += 16;
    count -= 4;
  }
  if (count > 0) store<f32>(y, f32x4.extract_lane(rest, 0));
  if (count > 1) store<f32>(y, f32x4.extract_lane(rest, 1), 4);
  if (count > 2) store<f32>(y, f32x4.extract_lane(rest, 2), 8);
}
