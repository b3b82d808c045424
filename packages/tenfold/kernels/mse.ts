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
  let x = d.x + (first << 2);
  let target = d.target + (first << 2);
  let left = end - first;
  let low = f64x2.splat(0);
  let high = low;
  for (; left >= 4; left -= 4, x += 16, target += 16) {
    low = f64x2.add(low, square(v128.load64_zero(x), v128.load64_zero(target)));
    high = f64x2.add(high, square(v128.load64_zero(x, 8), v128.load64_zero(target, 8)));
  }
  for (; left > 0; left--, x += 4, target += 4) {
    low = f64x2.add(low, square(v128.load32_zero(x), v128.load32_zero(target)));
  }
  low = f64x2.add(low, high);
  return f64x2.extract_lane(low, 0) + f64x2.extract_lane(low, 1);
}

/** (x - target)^2 of the first two lanes, in float64. */
// @ts-ignore: decorator
@inline
function square(x: v128, target: v128): v128 {
  const difference = f64x2.sub(f64x2.promote_low_f32x4(x), f64x2.promote_low_f32x4(target));
  return f64x2.mul(difference, difference);
}

// @ts-ignore: decorator
@unmanaged
class MeanSquaredErrorGradient {
  x: usize;
  target: usize;
  gradient: usize;
  xGradient: usize;
  targetGradient: usize;
  length: i32;
}

export function mseGradientBlocks(d: MeanSquaredErrorGradient, phase: i32): i32 {
  return phase == 0 ? ceilDivide(d.length, CHUNK) : -1;
}

/** Either gradient may be absent. */
export function mseGradient(d: MeanSquaredErrorGradient, phase: i32, block: i32, scratch: usize): void {
  const first = block * CHUNK;
  const count = min(d.length - first, CHUNK);
  const share: f32 = (2 * load<f32>(d.gradient)) / f32(d.length);
  const x = d.x + (first << 2);
  const target = d.target + (first << 2);
  if (d.xGradient != 0) differences(x, target, share, count, d.xGradient + (first << 2));
  // The same operands, still in the cache.
  if (d.targetGradient != 0) differences(target, x, share, count, d.targetGradient + (first << 2));
}

/** y = (a - b) * factor */
function differences(a: usize, b: usize, factor: f32, count: i32, y: usize): void {
  const factors = f32x4.splat(factor);
  for (; count >= 8; count -= 8, a += 32, b += 32, y += 32) {
    v128.store(y, f32x4.mul(f32x4.sub(v128.load(a), v128.load(b)), factors));
    v128.store(y, f32x4.mul(f32x4.sub(v128.load(a, 16), v128.load(b, 16)), factors), 16);
  }
  for (; count > 0; count--, a += 4, b += 4, y += 4) store<f32>(y, (load<f32>(a) - load<f32>(b)) * factor);
}
