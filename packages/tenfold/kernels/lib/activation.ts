// Activations that other kernels apply to their results, and pull their gradients through. The numbers are those of
// src/ops/_activation.ts.
//
// The first three only cut off what lies outside of two limits, so a loop need not ask which one it is. The others go
// over numbers that have just been written and are still in the cache.

import { sigmoid, siluGradient } from './elementary';
import { storeTail } from './vector';

export const NONE: i32 = 0;
const RELU: i32 = 1;
const RELU6: i32 = 2;
const HARDSWISH: i32 = 3;
const SILU: i32 = 4;
const HARDSIGMOID: i32 = 5;

/** Whether `limit` is all that the activation does. */
// @ts-ignore: decorator
@inline
export function onlyLimits(activation: i32): bool {
  return activation <= RELU6;
}

// @ts-ignore: decorator
@inline
export function lowerLimit(activation: i32): v128 {
  return f32x4.splat(activation == RELU || activation == RELU6 ? 0 : -Infinity);
}

// @ts-ignore: decorator
@inline
export function upperLimit(activation: i32): v128 {
  return f32x4.splat(activation == RELU6 ? 6 : Infinity);
}

/** NaN stays NaN. */
// @ts-ignore: decorator
@inline
export function limit(x: v128, lower: v128, upper: v128): v128 {
  return f32x4.pmin(f32x4.pmax(x, lower), upper);
}

/** The gradient of x from that of limit(x); x itself or limit(x) tells. */
// @ts-ignore: decorator
@inline
export function limitGradient(x: v128, gradient: v128, lower: v128, upper: v128): v128 {
  return v128.andnot(gradient, v128.or(f32x4.le(x, lower), f32x4.ge(x, upper)));
}

// @ts-ignore: decorator
@inline
export function hardswish(x: v128): v128 {
  const shifted = f32x4.add(x, f32x4.splat(3));
  const gate = f32x4.pmin(f32x4.pmax(shifted, f32x4.splat(0)), f32x4.splat(6));
  return f32x4.mul(x, f32x4.div(gate, f32x4.splat(6)));
}

// @ts-ignore: decorator
@inline
export function hardswishGradient(x: v128, gradient: v128): v128 {
  const slope = f32x4.add(f32x4.div(x, f32x4.splat(3)), f32x4.splat(0.5));
  const above = v128.bitselect(gradient, f32x4.mul(gradient, slope), f32x4.ge(x, f32x4.splat(3)));
  return v128.andnot(above, f32x4.le(x, f32x4.splat(-3)));
}

// @ts-ignore: decorator
@inline
export function silu(x: v128): v128 {
  return f32x4.mul(x, sigmoid(x));
}

// @ts-ignore: decorator
@inline
export function hardsigmoid(x: v128): v128 {
  const shifted = f32x4.add(x, f32x4.splat(3));
  return f32x4.div(f32x4.pmin(f32x4.pmax(shifted, f32x4.splat(0)), f32x4.splat(6)), f32x4.splat(6));
}

// @ts-ignore: decorator
@inline
export function hardsigmoidGradient(x: v128, gradient: v128): v128 {
  const inside = v128.and(f32x4.gt(x, f32x4.splat(-3)), f32x4.lt(x, f32x4.splat(3)));
  return v128.and(f32x4.div(gradient, f32x4.splat(6)), inside);
}

/** @param y sigmoid(x) */
// @ts-ignore: decorator
@inline
export function sigmoidGradient(y: v128, gradient: v128): v128 {
  return f32x4.mul(gradient, f32x4.mul(y, f32x4.sub(f32x4.splat(1), y)));
}

// The loops of lib/elementwise.ts again, in place: a cache line at a time, and nothing written beyond the last number, which
// may be another thread's; loads may reach beyond it.

/** Replaces `count` numbers by their activation, which is more than limits. */
export function activateInPlace(activation: i32, x: usize, count: i32): void {
  if (activation == HARDSWISH) each<FormulaHardswish>(x, count);
  else if (activation == SILU) each<FormulaSilu>(x, count);
  else if (activation == HARDSIGMOID) each<FormulaHardsigmoid>(x, count);
  else each<FormulaSigmoid>(x, count);
}

/** Replaces `count` numbers x by their gradients, given those of activation(x), which is more than limits. */
export function pullInPlace(activation: i32, x: usize, gradient: usize, count: i32): void {
  if (activation == HARDSWISH) pullEach<FormulaHardswish>(x, gradient, count);
  else if (activation == SILU) pullEach<FormulaSilu>(x, gradient, count);
  else if (activation == HARDSIGMOID) pullEach<FormulaHardsigmoid>(x, gradient, count);
  else pullEach<FormulaSigmoid>(x, gradient, count);
}

// @ts-ignore: decorator
@inline
function each<Formula extends Activation>(x: usize, count: i32): void {
  const formula = changetype<Formula>(0);
  for (; count >= 16; count -= 16, x += 64) {
    const first = formula.apply(v128.load(x));
    const second = formula.apply(v128.load(x, 16));
    const third = formula.apply(v128.load(x, 32));
    const fourth = formula.apply(v128.load(x, 48));
    v128.store(x, first);
    v128.store(x, second, 16);
    v128.store(x, third, 32);
    v128.store(x, fourth, 48);
  }
  for (; count > 0; count -= 4, x += 16) {
    const result = formula.apply(v128.load(x));
    if (count >= 4) v128.store(x, result);
    else storeTail(x, result, count);
  }
}

// @ts-ignore: decorator
@inline
function pullEach<Formula extends Activation>(x: usize, gradient: usize, count: i32): void {
  const formula = changetype<Formula>(0);
  for (; count >= 16; count -= 16, x += 64, gradient += 64) {
    const first = formula.pull(v128.load(x), v128.load(gradient));
    const second = formula.pull(v128.load(x, 16), v128.load(gradient, 16));
    const third = formula.pull(v128.load(x, 32), v128.load(gradient, 32));
    const fourth = formula.pull(v128.load(x, 48), v128.load(gradient, 48));
    v128.store(x, first);
    v128.store(x, second, 16);
    v128.store(x, third, 32);
    v128.store(x, fourth, 48);
  }
  for (; count > 0; count -= 4, x += 16, gradient += 16) {
    const result = formula.pull(v128.load(x), v128.load(gradient));
    if (count >= 4) v128.store(x, result);
    else storeTail(x, result, count);
  }
}

/** A formula has `apply(x: v128): v128` and `pull(x: v128, gradient: v128): v128`. */
// @ts-ignore: decorator
@unmanaged
class Activation {}

// @ts-ignore: decorator
@unmanaged
class FormulaHardswish extends Activation {
  // @ts-ignore: decorator
  @inline
  apply(x: v128): v128 {
    return hardswish(x);
  }

  // @ts-ignore: decorator
  @inline
  pull(x: v128, gradient: v128): v128 {
    return hardswishGradient(x, gradient);
  }
}

// @ts-ignore: decorator
@unmanaged
class FormulaSilu extends Activation {
  // @ts-ignore: decorator
  @inline
  apply(x: v128): v128 {
    return silu(x);
  }

  // @ts-ignore: decorator
  @inline
  pull(x: v128, gradient: v128): v128 {
    return siluGradient(x, gradient);
  }
}

// @ts-ignore: decorator
@unmanaged
class FormulaHardsigmoid extends Activation {
  // @ts-ignore: decorator
  @inline
  apply(x: v128): v128 {
    return hardsigmoid(x);
  }

  // @ts-ignore: decorator
  @inline
  pull(x: v128, gradient: v128): v128 {
    return hardsigmoidGradient(x, gradient);
  }
}

// @ts-ignore: decorator
@unmanaged
class FormulaSigmoid extends Activation {
  // @ts-ignore: decorator
  @inline
  apply(x: v128): v128 {
    return sigmoid(x);
  }

  // @ts-ignore: decorator
  @inline
  pull(x: v128, gradient: v128): v128 {
    return sigmoidGradient(sigmoid(x), gradient);
  }
}
