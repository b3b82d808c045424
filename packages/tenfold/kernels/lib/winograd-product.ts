// The product in the middle of a Winograd convolution: in each of 36 planes, [tiles x channels] times the prepared
// weights [channels x outputs]. Register tile and chunks, and why they are so: lib/product-tiles.ts.

import { PANEL } from './product-tiles';
import { CHUNK_TERMS } from './taps';
import { panelWidth } from './winograd-weights';

/** Tiles in a register tile. */
export const TILES: i32 = 4;

/** A matrix for each plane: rows of tiles, `rowBytes` apart; padded to whole vectors. */
// @ts-ignore: decorator
@unmanaged
export class Matrices {
  data: usize;
  rowBytes: i32;
  planeBytes: i32;
}

/** Panels [firstPanel, endPanel) of one plane, for `tiles` tiles, a multiple of four. */
export function multiplyPlane(
  v: Matrices,
  m: Matrices,
  weights: usize,
  plane: i32,
  tiles: i32,
  channels: i32,
  outputs: i32,
  firstPanel: i32,
  endPanel: i32,
): void {
  const pixels = v.data + plane * v.planeBytes;
  const pixelsEnd = pixels + tiles * v.rowBytes;
  const results = m.data + plane * m.planeBytes;
  const panelBytes = channels * PANEL * 4;
  for (let panel = firstPanel; panel < endPanel; panel++) {
    let to = results + panel * PANEL * 4;
    const rows = panelWidth(panel, outputs) == PANEL ? TILES : 2;
    for (let from = pixels; from < pixelsEnd; from += rows * v.rowBytes) {
      if (rows == TILES) multiplyTile(from, v.rowBytes, weights + panel * panelBytes, channels, to, m.rowBytes);
      else multiplyWideTile(from, v.rowBytes, weights + panel * panelBytes, channels, to, m.rowBytes);
      to += rows * m.rowBytes;
    }
  }
}

function multiplyTile(
  x0: usize,
  xStep: i32,
  weights: usize,
  channels: i32,
  to: usize,
  toStep: i32,
): void {
  let x1 = x0 + xStep;
  let x2 = x1 + xStep;
  let x3 = x2 + xStep;
  const to1 = to + toStep;
  const to2 = to1 + toStep;
  const to3 = to2 + toStep;
  const end = x0 + (channels << 2);
  let a0 = f32x4.splat(0);
  let b0 = f32x4.splat(0);
  let a1 = f32x4.splat(0);
  let b1 = f32x4.splat(0);
  let a2 = f32x4.splat(0);
  let b2 = f32x4.splat(0);
  let a3 = f32x4.splat(0);
  let b3 = f32x4.splat(0);
  let isFirst = true;
  do {
    const until = min(end, x0 + (CHUNK_TERMS << 2));
    // unroll 8
    do {
      const wa = v128.load(weights);
      const wb = v128.load(weights, 16);
      const s0 = v128.load_splat<f32>(x0);
      const s1 = v128.load_splat<f32>(x1);
      const s2 = v128.load_splat<f32>(x2);
      const s3 = v128.load_splat<f32>(x3);
      a0 = f32x4.add(a0, f32x4.mul(s0, wa));
      b0 = f32x4.add(b0, f32x4.mul(s0, wb));
      a1 = f32x4.add(a1, f32x4.mul(s1, wa));
      b1 = f32x4.add(b1, f32x4.mul(s1, wb));
      a2 = f32x4.add(a2, f32x4.mul(s2, wa));
      b2 = f32x4.add(b2, f32x4.mul(s2, wb));
      a3 = f32x4.add(a3, f32x4.mul(s3, wa));
      b3 = f32x4.add(b3, f32x4.mul(s3, wb));
      x0 += 4;
      x1 += 4;
      x2 += 4;
      x3 += 4;
      weights += 32;
    } while (x0 < until);
    if (!isFirst) {
      a0 = f32x4.add(a0, v128.load(to));
      b0 = f32x4.add(b0, v128.load(to, 16));
      a1 = f32x4.add(a1, v128.load(to1));
      b1 = f32x4.add(b1, v128.load(to1, 16));
      a2 = f32x4.add(a2, v128.load(to2));
      b2 = f32x4.add(b2, v128.load(to2, 16));
      a3 = f32x4.add(a3, v128.load(to3));
      b3 = f32x4.add(b3, v128.load(to3, 16));
    }
    isFirst = false;
    v128.store(to, a0);
    v128.store(to, b0, 16);
    v128.store(to1, a1);
    v128.store(to1, b1, 16);
    v128.store(to2, a2);
    v128.store(to2, b2, 16);
    v128.store(to3, a3);
    v128.store(to3, b3, 16);
    const zero = f32x4.splat(0);
    a0 = zero;
    b0 = zero;
    a1 = zero;
    b1 = zero;
    a2 = zero;
    b2 = zero;
    a3 = zero;
    b3 = zero;
  } while (x0 < end);
}

/** Two tiles by twelve outputs, which take as many registers. */
function multiplyWideTile(
  x0: usize,
  xStep: i32,
  weights: usize,
  channels: i32,
  to: usize,
  toStep: i32,
): void {
  let x1 = x0 + xStep;
  const to1 = to + toStep;
  const end = x0 + (channels << 2);
  let a0 = f32x4.splat(0);
  let b0 = f32x4.splat(0);
  let c0 = f32x4.splat(0);
  let a1 = f32x4.splat(0);
  let b1 = f32x4.splat(0);
  let c1 = f32x4.splat(0);
  let isFirst = true;
  do {
    const until = min(end, x0 + (CHUNK_TERMS << 2));
    // unroll 4
    do {
      const wa = v128.load(weights);
      const wb = v128.load(weights, 16);
      const wc = v128.load(weights, 32);
      const s0 = v128.load_splat<f32>(x0);
      const s1 = v128.load_splat<f32>(x1);
      a0 = f32x4.add(a0, f32x4.mul(s0, wa));
      b0 = f32x4.add(b0, f32x4.mul(s0, wb));
      c0 = f32x4.add(c0, f32x4.mul(s0, wc));
      a1 = f32x4.add(a1, f32x4.mul(s1, wa));
      b1 = f32x4.add(b1, f32x4.mul(s1, wb));
      c1 = f32x4.add(c1, f32x4.mul(s1, wc));
      x0 += 4;
      x1 += 4;
      weights += 48;
    } while (x0 < until);
    if (!isFirst) {
      a0 = f32x4.add(a0, v128.load(to));
      b0 = f32x4.add(b0, v128.load(to, 16));
      c0 = f32x4.add(c0, v128.load(to, 32));
      a1 = f32x4.add(a1, v128.load(to1));
      b1 = f32x4.add(b1, v128.load(to1, 16));
      c1 = f32x4.add(c1, v128.load(to1, 32));
    }
    isFirst = false;
    v128.store(to, a0);
    v128.store(to, b0, 16);
    v128.store(to, c0, 32);
    v128.store(to1, a1);
    v128.store(to1, b1, 16);
    v128.store(to1, c1, 32);
    const zero = f32x4.splat(0);
    a0 = zero;
    b0 = zero;
    c0 = zero;
    a1 = zero;
    b1 = zero;
    c1 = zero;
  } while (x0 < end);
}
