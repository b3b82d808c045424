// The register tiles of a product over taps: some positions by some output channels, summed over all segments of taps.
//
// The usual tile is 4 positions by 8 output channels, eight accumulators. Accumulators and the loads of one inner index must
// fit 14 registers, or V8 spills; the build unrolls the loops so that it sees one index at a time (scripts/unroll.js).
//
// Where four channels or fewer are left, half of that tile would be for nothing. If the inner index comes in fours, its four
// lanes are then summed side by side, for 2 positions by 3 or 4 channels or for 6 positions by one, and added up in the end.
// Otherwise the tile is 6 positions by 4 channels.
//
// Each function walks over all positions of a band: where sums are short, as in first layers, a call for each tile would
// show.
//
// Long sums are taken in chunks: each product is rounded away against a short sum, not against the whole.

import { SEGMENT_BYTES } from './segments';
import { storeTail, sumsOfLanes } from './vector';

/** Output channels in a panel of packed weights, and in the last one if it needs no more. */
export const PANEL: i32 = 8;
export const NARROW: i32 = 4;

/** Positions in the register tiles. */
export const WIDE_POSITIONS: i32 = 4;
export const NARROW_POSITIONS: i32 = 6;
export const LANES_POSITIONS: i32 = 2;

/** Of each position: where its first tap and its result lie. */
export const ADDRESS_BYTES: i32 = 8;

/** The sums of the chunks so far of one tile. */
export const TOTALS_BYTES: i32 = 4 * PANEL * 4;

export function wideTile(
  addresses: usize,
  end: usize,
  xOffset: usize,
  yOffset: usize,
  segments: usize,
  segmentsEnd: usize,
  weights: usize,
  bias: usize,
  totals: usize,
  columns: i32,
): void {
  let left = f32x4.splat(0);
  let right = f32x4.splat(0);
  if (bias) {
    left = v128.load(bias);
    right = v128.load(bias, 16);
  }
  do {
    const x0 = load<usize>(addresses) + xOffset;
    const x1 = load<usize>(addresses, 8) + xOffset;
    const x2 = load<usize>(addresses, 16) + xOffset;
    const x3 = load<usize>(addresses, 24) + xOffset;
    let a0 = left;
    let b0 = right;
    let a1 = left;
    let b1 = right;
    let a2 = left;
    let b2 = right;
    let a3 = left;
    let b3 = right;
    let chunks = 0;
    let segment = segments;
    while (segment < segmentsEnd) {
      const offset = load<i32>(segment);
      let at = weights + (load<i32>(segment, 12) << 5);
      let p0 = x0 + offset;
      let p1 = x1 + offset;
      let p2 = x2 + offset;
      let p3 = x3 + offset;
      const stop = p0 + load<i32>(segment, 4);
      // unroll 8
      do {
        const wa = v128.load(at);
        const wb = v128.load(at, 16);
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
        at += 32;
      } while (p0 < stop);
      if (load<i32>(segment, 8)) {
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
      }
      segment += SEGMENT_BYTES;
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
      addresses += WIDE_POSITIONS * ADDRESS_BYTES;
  } while (addresses < end);
}

export function narrowTile(
  addresses: usize,
  end: usize,
  xOffset: usize,
  yOffset: usize,
  segments: usize,
  segmentsEnd: usize,
  weights: usize,
  bias: usize,
  totals: usize,
  columns: i32,
): void {
  const first = bias ? v128.load(bias) : f32x4.splat(0);
  do {
    const x0 = load<usize>(addresses) + xOffset;
    const x1 = load<usize>(addresses, 8) + xOffset;
    const x2 = load<usize>(addresses, 16) + xOffset;
    const x3 = load<usize>(addresses, 24) + xOffset;
    const x4 = load<usize>(addresses, 32) + xOffset;
    const x5 = load<usize>(addresses, 40) + xOffset;
    let a0 = first;
    let a1 = first;
    let a2 = first;
    let a3 = first;
    let a4 = first;
    let a5 = first;
    let chunks = 0;
    let segment = segments;
    while (segment < segmentsEnd) {
      const offset = load<i32>(segment);
      let at = weights + (load<i32>(segment, 12) << 4);
      let p0 = x0 + offset;
      let p1 = x1 + offset;
      let p2 = x2 + offset;
      let p3 = x3 + offset;
      let p4 = x4 + offset;
      let p5 = x5 + offset;
      const stop = p0 + load<i32>(segment, 4);
      // unroll 4
      do {
        const w = v128.load(at);
        const s0 = v128.load_splat<f32>(p0);
        const s1 = v128.load_splat<f32>(p1);
        const s2 = v128.load_splat<f32>(p2);
        const s3 = v128.load_splat<f32>(p3);
        const s4 = v128.load_splat<f32>(p4);
        const s5 = v128.load_splat<f32>(p5);
        a0 = f32x4.add(a0, f32x4.mul(s0, w));
        a1 = f32x4.add(a1, f32x4.mul(s1, w));
        a2 = f32x4.add(a2, f32x4.mul(s2, w));
        a3 = f32x4.add(a3, f32x4.mul(s3, w));
        a4 = f32x4.add(a4, f32x4.mul(s4, w));
        a5 = f32x4.add(a5, f32x4.mul(s5, w));
        p0 += 4;
        p1 += 4;
        p2 += 4;
        p3 += 4;
        p4 += 4;
        p5 += 4;
        at += 16;
      } while (p0 < stop);
      if (load<i32>(segment, 8)) {
        if (chunks++ > 0) {
          a0 = f32x4.add(a0, v128.load(totals));
          a1 = f32x4.add(a1, v128.load(totals, 16));
          a2 = f32x4.add(a2, v128.load(totals, 32));
          a3 = f32x4.add(a3, v128.load(totals, 48));
          a4 = f32x4.add(a4, v128.load(totals, 64));
          a5 = f32x4.add(a5, v128.load(totals, 80));
        }
        v128.store(totals, a0);
        v128.store(totals, a1, 16);
        v128.store(totals, a2, 32);
        v128.store(totals, a3, 48);
        v128.store(totals, a4, 64);
        v128.store(totals, a5, 80);
        const zero = f32x4.splat(0);
        a0 = zero;
        a1 = zero;
        a2 = zero;
        a3 = zero;
        a4 = zero;
        a5 = zero;
      }
      segment += SEGMENT_BYTES;
    }
    if (chunks > 0) {
      a0 = f32x4.add(a0, v128.load(totals));
      a1 = f32x4.add(a1, v128.load(totals, 16));
      a2 = f32x4.add(a2, v128.load(totals, 32));
      a3 = f32x4.add(a3, v128.load(totals, 48));
      a4 = f32x4.add(a4, v128.load(totals, 64));
      a5 = f32x4.add(a5, v128.load(totals, 80));
    }
    storeNarrow(load<usize>(addresses, 4) + yOffset, a0, columns);
    storeNarrow(load<usize>(addresses, 12) + yOffset, a1, columns);
    storeNarrow(load<usize>(addresses, 20) + yOffset, a2, columns);
    storeNarrow(load<usize>(addresses, 28) + yOffset, a3, columns);
    storeNarrow(load<usize>(addresses, 36) + yOffset, a4, columns);
    storeNarrow(load<usize>(addresses, 44) + yOffset, a5, columns);
      addresses += NARROW_POSITIONS * ADDRESS_BYTES;
  } while (addresses < end);
}

/** Two positions by three or four channels, each lane of a sum over every fourth inner index. */
// @ts-ignore: decorator
@inline
function lanesTile(
  addresses: usize,
  end: usize,
  xOffset: usize,
  yOffset: usize,
  segments: usize,
  segmentsEnd: usize,
  weights: usize,
  bias: usize,
  totals: usize,
  columns: i32,
): void {
  const zero = f32x4.splat(0);
  const first = bias ? v128.load(bias) : zero;
  do {
    const x0 = load<usize>(addresses) + xOffset;
    const x1 = load<usize>(addresses, 8) + xOffset;
    let a0 = zero;
    let b0 = zero;
    let a1 = zero;
    let b1 = zero;
    let a2 = zero;
    let b2 = zero;
    let a3 = zero;
    let b3 = zero;
    let chunks = 0;
    let segment = segments;
    while (segment < segmentsEnd) {
      const offset = load<i32>(segment);
      let at = weights + load<i32>(segment, 12) * (columns << 2);
      let p0 = x0 + offset;
      let p1 = x1 + offset;
      const stop = p0 + load<i32>(segment, 4);
      do {
        const xa = v128.load(p0);
        const xb = v128.load(p1);
        const w0 = v128.load(at);
        a0 = f32x4.add(a0, f32x4.mul(w0, xa));
        b0 = f32x4.add(b0, f32x4.mul(w0, xb));
        const w1 = v128.load(at, 16);
        a1 = f32x4.add(a1, f32x4.mul(w1, xa));
        b1 = f32x4.add(b1, f32x4.mul(w1, xb));
        const w2 = v128.load(at, 32);
        a2 = f32x4.add(a2, f32x4.mul(w2, xa));
        b2 = f32x4.add(b2, f32x4.mul(w2, xb));
        if (columns > 3) {
          const w3 = v128.load(at, 48);
          a3 = f32x4.add(a3, f32x4.mul(w3, xa));
          b3 = f32x4.add(b3, f32x4.mul(w3, xb));
        }
        p0 += 16;
        p1 += 16;
        at += columns << 4;
      } while (p0 < stop);
      if (load<i32>(segment, 8)) {
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
        a0 = zero;
        b0 = zero;
        a1 = zero;
        b1 = zero;
        a2 = zero;
        b2 = zero;
        a3 = zero;
        b3 = zero;
      }
      segment += SEGMENT_BYTES;
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
    storeNarrow(load<usize>(addresses, 4) + yOffset, f32x4.add(sumsOfLanes(a0, a1, a2, a3), first), columns);
    storeNarrow(load<usize>(addresses, 12) + yOffset, f32x4.add(sumsOfLanes(b0, b1, b2, b3), first), columns);
      addresses += LANES_POSITIONS * ADDRESS_BYTES;
  } while (addresses < end);
}

export function threeLanes(
  addresses: usize,
  end: usize,
  xOffset: usize,
  yOffset: usize,
  segments: usize,
  segmentsEnd: usize,
  weights: usize,
  bias: usize,
  totals: usize,
): void {
  lanesTile(addresses, end, xOffset, yOffset, segments, segmentsEnd, weights, bias, totals, 3);
}

export function fourLanes(
  addresses: usize,
  end: usize,
  xOffset: usize,
  yOffset: usize,
  segments: usize,
  segmentsEnd: usize,
  weights: usize,
  bias: usize,
  totals: usize,
): void {
  lanesTile(addresses, end, xOffset, yOffset, segments, segmentsEnd, weights, bias, totals, 4);
}

/** Six positions by one channel, each lane of a sum over every fourth inner index. */
export function lanesRow(
  addresses: usize,
  end: usize,
  xOffset: usize,
  yOffset: usize,
  segments: usize,
  segmentsEnd: usize,
  weights: usize,
  bias: usize,
  totals: usize,
): void {
  const zero = f32x4.splat(0);
  const first = bias ? v128.load_splat<f32>(bias) : zero;
  do {
    const x0 = load<usize>(addresses) + xOffset;
    const x1 = load<usize>(addresses, 8) + xOffset;
    const x2 = load<usize>(addresses, 16) + xOffset;
    const x3 = load<usize>(addresses, 24) + xOffset;
    const x4 = load<usize>(addresses, 32) + xOffset;
    const x5 = load<usize>(addresses, 40) + xOffset;
    let a0 = zero;
    let a1 = zero;
    let a2 = zero;
    let a3 = zero;
    let a4 = zero;
    let a5 = zero;
    let chunks = 0;
    let segment = segments;
    while (segment < segmentsEnd) {
      const offset = load<i32>(segment);
      let at = weights + (load<i32>(segment, 12) << 2);
      let p0 = x0 + offset;
      let p1 = x1 + offset;
      let p2 = x2 + offset;
      let p3 = x3 + offset;
      let p4 = x4 + offset;
      let p5 = x5 + offset;
      const stop = p0 + load<i32>(segment, 4);
      do {
        const w = v128.load(at);
        a0 = f32x4.add(a0, f32x4.mul(v128.load(p0), w));
        a1 = f32x4.add(a1, f32x4.mul(v128.load(p1), w));
        a2 = f32x4.add(a2, f32x4.mul(v128.load(p2), w));
        a3 = f32x4.add(a3, f32x4.mul(v128.load(p3), w));
        a4 = f32x4.add(a4, f32x4.mul(v128.load(p4), w));
        a5 = f32x4.add(a5, f32x4.mul(v128.load(p5), w));
        p0 += 16;
        p1 += 16;
        p2 += 16;
        p3 += 16;
        p4 += 16;
        p5 += 16;
        at += 16;
      } while (p0 < stop);
      if (load<i32>(segment, 8)) {
        if (chunks++ > 0) {
          a0 = f32x4.add(a0, v128.load(totals));
          a1 = f32x4.add(a1, v128.load(totals, 16));
          a2 = f32x4.add(a2, v128.load(totals, 32));
          a3 = f32x4.add(a3, v128.load(totals, 48));
          a4 = f32x4.add(a4, v128.load(totals, 64));
          a5 = f32x4.add(a5, v128.load(totals, 80));
        }
        v128.store(totals, a0);
        v128.store(totals, a1, 16);
        v128.store(totals, a2, 32);
        v128.store(totals, a3, 48);
        v128.store(totals, a4, 64);
        v128.store(totals, a5, 80);
        a0 = zero;
        a1 = zero;
        a2 = zero;
        a3 = zero;
        a4 = zero;
        a5 = zero;
      }
      segment += SEGMENT_BYTES;
    }
    if (chunks > 0) {
      a0 = f32x4.add(a0, v128.load(totals));
      a1 = f32x4.add(a1, v128.load(totals, 16));
      a2 = f32x4.add(a2, v128.load(totals, 32));
      a3 = f32x4.add(a3, v128.load(totals, 48));
      a4 = f32x4.add(a4, v128.load(totals, 64));
      a5 = f32x4.add(a5, v128.load(totals, 80));
    }
    const sums = f32x4.add(sumsOfLanes(a0, a1, a2, a3), first);
    const more = f32x4.add(sumsOfLanes(a4, a5, zero, zero), first);
    v128.store_lane<f32>(load<usize>(addresses, 4) + yOffset, sums, 0);
    v128.store_lane<f32>(load<usize>(addresses, 12) + yOffset, sums, 1);
    v128.store_lane<f32>(load<usize>(addresses, 20) + yOffset, sums, 2);
    v128.store_lane<f32>(load<usize>(addresses, 28) + yOffset, sums, 3);
    v128.store_lane<f32>(load<usize>(addresses, 36) + yOffset, more, 0);
    v128.store_lane<f32>(load<usize>(addresses, 44) + yOffset, more, 1);
      addresses += NARROW_POSITIONS * ADDRESS_BYTES;
  } while (addresses < end);
}

/** Stores the first `columns` of eight results, more than four. */
// @ts-ignore: decorator
@inline
function storeRow(y: usize, left: v128, right: v128, columns: i32): void {
  v128.store(y, left);
  storeNarrow(y + 16, right, columns - NARROW);
}

/** Stores the first `columns` of four results. */
// @ts-ignore: decorator
@inline
function storeNarrow(y: usize, v: v128, columns: i32): void {
  if (columns == NARROW) v128.store(y, v);
  else storeTail(y, v, columns);
}
