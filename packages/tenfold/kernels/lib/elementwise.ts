// Elementwise kernels of one operand. A kernel's descriptor knows its formula for four elements at once; the loops here
// are compiled anew around each formula.
//
// A loop is one straight line of code, because engines then lift the formula's constants out of it. So the last one to
// three elements are computed in a whole vector too (loads may reach beyond a tensor), and what the store overwrote
// beyond them is restored.

import { CHUNK, ceilDivide, restoreBeyond } from './vector';

// @ts-ignore: decorator
@unmanaged
class Elementwise {
  length: i32;
}

/** The base of forward kernels: they add their options and `apply(x: v128): v128`. */
// @ts-ignore: decorator
@unmanaged
export class Unary extends Elementwise {
  x: usize;
  y: usize;
}

/**
 * The base of backward kernels: they add x or y, whichever tells the derivative, their options, and
 * `pull(x or y: v128, gradient: v128): v128`, which makes gradient(x) from gradient(y).
 */
// @ts-ignore: decorator
@unmanaged
export class UnaryGradient extends Elementwise {
  gradient: usize;
  xGradient: usize;
}

export function elementwiseBlocks(d: Elementwise, phase: i32): i32 {
  return phase == 0 ? ceilDivide(d.length, CHUNK) : -1;
}

/**
 * A cache line at a time: short formulas wait for memory then, if the loop lets them, and in long ones, where each step
 * waits for the one before, the engine takes a step of all four vectors before the next one.
 */
// @ts-ignore: decorator
@inline
export function unary<Kernel extends Unary>(d: Kernel, block: i32): void {
  const start = block * CHUNK;
  let left = min(d.length - start, CHUNK);
  let x = d.x + (start << 2);
  let y = d.y + (start << 2);
  for (; left >= 16; left -= 16) {
    const first = d.apply(v128.load(x));
    const second = d.apply(v128.load(x, 16));
    const third = d.apply(v128.load(x, 32));
    const fourth = d.apply(v128.load(x, 48));
    v128.store(y, first);
    v128.store(y, second, 16);
    v128.store(y, third, 32);
    v128.store(y, fourth, 48);
    x += 64;
    y += 64;
  }
  if (left > 0) rest(d, x, y, left);
}

/**
 * For kernels with `usual(x: v128): v128`, which has the same bits with fewer instructions, but not for all x:
 * `areUnusual(a: v128, b: v128, c: v128, d: v128): v128` has a bit set if one of sixteen is none of those.
 */
// @ts-ignore: decorator
@inline
export function usualUnary<Kernel extends Unary>(d: Kernel, block: i32): void {
  const start = block * CHUNK;
  let left = min(d.length - start, CHUNK);
  let x = d.x + (start << 2);
  let y = d.y + (start << 2);
  while (left > 0) {
    for (; left >= 16; left -= 16) {
      const x0 = v128.load(x);
      const x1 = v128.load(x, 16);
      const x2 = v128.load(x, 32);
      const x3 = v128.load(x, 48);
      if (v128.any_true(d.areUnusual(x0, x1, x2, x3))) break;
      const first = d.usual(x0);
      const second = d.usual(x1);
      const third = d.usual(x2);
      const fourth = d.usual(x3);
      v128.store(y, first);
      v128.store(y, second, 16);
      v128.store(y, third, 32);
      v128.store(y, fourth, 48);
      x += 64;
      y += 64;
    }
    if (left == 0) break;
    rest(d, x, y, min(left, 16));
    x += 64;
    y += 64;
    left -= 16;
  }
}

/** For formulas in float64, which are several chains already: four of them need more registers than there are. */
// @ts-ignore: decorator
@inline
export function wideUnary<Kernel extends Unary>(d: Kernel, block: i32): void {
  const start = block * CHUNK;
  rest(d, d.x + (start << 2), d.y + (start << 2), min(d.length - start, CHUNK));
}

// @ts-ignore: decorator
@inline
function rest<Kernel extends Unary>(d: Kernel, x: usize, y: usize, left: i32): void {
  const last = y + ((left & ~3) << 2);
  const tail = left & 3;
  const beyond = v128.load(last);
  do {
    v128.store(y, d.apply(v128.load(x)));
    x += 16;
    y += 16;
    left -= 4;
  } while (left > 0);
  if (tail > 0) restoreBeyond(tail, last, beyond);
}

/** @param kept The address of x or y. */
// @ts-ignore: decorator
@inline
export function unaryGradient<Kernel extends UnaryGradient>(d: Kernel, kept: usize, block: i32): void {
  const start = block * CHUNK;
  let left = min(d.length - start, CHUNK);
  let gradient = d.gradient + (start << 2);
  let xGradient = d.xGradient + (start << 2);
  kept += start << 2;
  for (; left >= 16; left -= 16) {
    const first = d.pull(v128.load(kept), v128.load(gradient));
    const second = d.pull(v128.load(kept, 16), v128.load(gradient, 16));
    const third = d.pull(v128.load(kept, 32), v128.load(gradient, 32));
    const fourth = d.pull(v128.load(kept, 48), v128.load(gradient, 48));
    v128.store(xGradient, first);
    v128.store(xGradient, second, 16);
    v128.store(xGradient, third, 32);
    v128.store(xGradient, fourth, 48);
    kept += 64;
    gradient += 64;
    xGradient += 64;
  }
  if (left > 0) gradientRest(d, kept, gradient, xGradient, left);
}

/** @param kept The address of x or y. */
// @ts-ignore: decorator
@inline
export function wideUnaryGradient<Kernel extends UnaryGradient>(d: Kernel, kept: usize, block: i32): void {
  const start = block * CHUNK;
  const left = min(d.length - start, CHUNK);
  gradientRest(d, kept + (start << 2), d.gradient + (start << 2), d.xGradient + (start << 2), left);
}

// @ts-ignore: decorator
@inline
function gradientRest<Kernel extends UnaryGradient>(
  d: Kernel,
  kept: usize,
  gradient: usize,
  xGradient: usize,
  left: i32,
): void {
  const last = xGradient + ((left & ~3) << 2);
  const tail = left & 3;
  const beyond = v128.load(last);
  do {
    v128.store(xGradient, d.pull(v128.load(kept), v128.load(gradient)));
    kept += 16;
    gradient += 16;
    xGradient += 16;
    left -= 4;
  } while (left > 0);
  if (tail > 0) restoreBeyond(tail, last, beyond);
}
