// Gradient clipping without reading anything back: sums of squares, one factor, and the scaling by it.

import { CHUNK, ceilDivide, lanesSum } from './lib/vector';

// @ts-ignore: decorator
@unmanaged
class SumOfSquares {
  x: usize;
  sums: usize;
  length: i32;
  index: i32;
  workspace: usize;
}

export function sumOfSquaresWorkspace(d: SumOfSquares): i32 {
  return max(1, ceilDivide(d.length, CHUNK)) * 4;
}

export function sumOfSquaresBlocks(d: SumOfSquares, phase: i32): i32 {
  if (phase == 0) return ceilDivide(d.length, CHUNK);
  return phase == 1 ? 1 : -1;
}

export function sumOfSquares(d: SumOfSquares, phase: i32, block: i32, scratch: usize): void {
  if (phase == 0) {
    const end = d.x + (min(d.length, (block + 1) * CHUNK) << 2);
    let x = d.x + ((block * CHUNK) << 2);
    // Four vectors at once, because each addition waits for the one before.
    let a = f32x4.splat(0);
    let b = a;
    let c = a;
    let e = a;
    for (; x + 64 <= end; x += 64) {
      a = addSquare(a, v128.load(x));
      b = addSquare(b, v128.load(x, 16));
      c = addSquare(c, v128.load(x, 32));
      e = addSquare(e, v128.load(x, 48));
    }
    for (; x + 16 <= end; x += 16) a = addSquare(a, v128.load(x));
    let total = lanesSum(f32x4.add(f32x4.add(a, b), f32x4.add(c, e)));
    for (; x < end; x += 4) total += load<f32>(x) * load<f32>(x);
    store<f32>(d.workspace + (block << 2), total);
  } else {
    let total: f32 = 0;
    for (let i = 0, n = ceilDivide(d.length, CHUNK); i < n; i++) total += load<f32>(d.workspace + (i << 2));
    store<f32>(d.sums + (d.index << 2), total);
  }
}

// @ts-ignore: decorator
@inline
function addSquare(total: v128, x: v128): v128 {
  return f32x4.add(total, f32x4.mul(x, x));
}

// @ts-ignore: decorator
@unmanaged
class ClipFactor {
  sums: usize;
  norm: usize;
  factor: usize;
  count: i32;
  maxNorm: f32;
}

export function clipFactorBlocks(d: ClipFactor, phase: i32): i32 {
  return phase == 0 ? 1 : -1;
}

export function clipFactor(d: ClipFactor, phase: i32, block: i32, scratch: usize): void {
  let total: f32 = 0;
  for (let i = 0; i < d.count; i++) total += load<f32>(d.sums + (i << 2));
  const norm = sqrt<f32>(total);
  store<f32>(d.norm, norm);
  store<f32>(d.factor, min<f32>(1, d.maxNorm / (norm + 1e-6)));
}

// @ts-ignore: decorator
@unmanaged
class ScaleBy {
  x: usize;
  factor: usize;
  length: i32;
}

export function scaleByBlocks(d: ScaleBy, phase: i32): i32 {
  return phase == 0 ? ceilDivide(d.length, CHUNK) : -1;
}

export function scaleBy(d: ScaleBy, phase: i32, block: i32, scratch: usize): void {
  const end = min(d.length, (block + 1) * CHUNK) << 2;
  const factor = load<f32>(d.factor);
  const factors = f32x4.splat(factor);
  let i = (block * CHUNK) << 2;
  for (; i + 16 <= end; i += 16) v128.store(d.x + i, f32x4.mul(v128.load(d.x + i), factors));
  for (; i < end; i += 4) store<f32>(d.x + i, load<f32>(d.x + i) * factor);
}
