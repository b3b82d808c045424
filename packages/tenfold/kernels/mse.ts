import { CHUNK, ceilDivide } from './lib/vector';

// @ts-ignore: decorator
@unmanaged
class MeanSquaredError {
  x: usize;
  target: usize;
  loss: usize;
  length: i32;
  workspace: usize;
}

export function mseWorkspace(d: MeanSquaredError): i32 {
  return ceilDivide(d.length, CHUNK) * 8;
}

export function mseBlocks(d: MeanSquaredError, phase: i32): i32 {
  if (phase == 0) return ceilDivide(d.length, CHUNK);
  return phase == 1 ? 1 : -1;
}

/** Sums over parts in float64, then their sum in order. */
export function mse(d: MeanSquaredError, phase: i32, block: i32, scratch: usize): void {
  if (phase == 0) {
    store<f64>(d.workspace + (block << 3), sumOfSquares(d, block * CHUNK, min(d.length, (block + 1) * CHUNK)));
    return;
  }
  let total: f64 = 0;
  for (let part = 0, n = ceilDivide(d.length, CHUNK); part < n; part++) {
    total += load<f64>(d.workspace + (part << 3));
  }
  store<f32>(d.loss, f32(total / f64(d.length)));
}

function sumOfSquares(d: MeanSquaredError, first: i32, end: i32): f64 {
  let sums = f64x2.splat(0);
  let i = first;
  for (; i + 2 <= end; i += 2) {
    const x = f64x2.promote_low_f32x4(v128.load64_zero(d.x + (i << 2)));
    const target = f64x2.promote_low_f32x4(v128.load64_zero(d.target + (i << 2)));
    const difference = f64x2.sub(x, target);
    sums = f64x2.add(sums, f64x2.mul(difference, difference));
  }
  let total = f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
  for (; i < end; i++) {
    const difference = f64(load<f32>(d.x + (i << 2))) - f64(load<f32>(d.target + (i << 2)));
    total += difference * difference;
  }
  return total;
}

// @ts-ignore: decorator
@unmanaged
class MeanSquaredErrorGradient {
  x: usize;
  target: usize;
  gradient: usize;
  xGradient: usize;
  length: i32;
}

export function mseGradientBlocks(d: MeanSquaredErrorGradient, phase: i32): i32 {
  return phase == 0 ? ceilDivide(d.length, CHUNK) : -1;
}

export function mseGradient(d: MeanSquaredErrorGradient, phase: i32, block: i32, scratch: usize): void {
  const end = min(d.length, (block + 1) * CHUNK);
  const share: f32 = (2 * load<f32>(d.gradient)) / f32(d.length);
  const shares = f32x4.splat(share);
  let i = block * CHUNK;
  for (; i + 4 <= end; i += 4) {
    const difference = f32x4.sub(v128.load(d.x + (i << 2)), v128.load(d.target + (i << 2)));
    v128.store(d.xGradient + (i << 2), f32x4.mul(difference, shares));
  }
  for (; i < end; i++) {
    const difference = load<f32>(d.x + (i << 2)) - load<f32>(d.target + (i << 2));
    store<f32>(d.xGradient + (i << 2), difference * share);
  }
}
