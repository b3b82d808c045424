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

/** For formulas that take longer than their loop: one copy of them. */
// @ts-ignore: decorator
@inline
export function unary<Kernel extends Unary>(d: Kernel, block: i32): void {
  const start = block * CHUNK;
  rest(d, d.x + (start << 2), d.y + (start << 2), min(d.length - start, CHUNK));
}

/** For formulas of a few instructions, which wait for memory if the loop lets them: a cache line at a time. */
// @ts-ignore: decorator
@inline
export function lightUnary<Kernel extends Unary>(d: Kernel, block: i32): void {
  const start = block * CHUNK;
  let left = min(d.length - start, CHUNK);
  let x = d.x + (start << 2);
  let y = d.y + (start << 2);
  for (; left >= 16; left -= 16) {
    v128.store(y, d.apply(v128.load(x)));
    v128.store(y, d.apply(v128.load(x, 16)), 16);
    v128.store(y, d.apply(v128.load(x, 32)), 32);
    v128.store(y, d.apply(v128.load(x, 48)), 48);
    x += 64;
    y += 64;
  }
  if (left > 0) rest(d, x, y, left);
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
  const left = min(d.length - start, CHUNK);
  gradientRest(d, kept + (start << 2), d.gradient + (start << 2), d.xGradient + (start << 2), left);
}

/** @param kept The address of x or y. */
// @ts-ignore: decorator
@inline
export function lightUnaryGradient<Kernel extends UnaryGradient>(d: Kernel, kept: usize, block: i32): void {
  const start = block * CHUNK;
  let left = min(d.length - start, CHUNK);
  let gradient = d.gradient + (start << 2);
  let xGradient = d.xGradient + (start << 2);
  kept += start << 2;
  for (; left >= 16; left -= 16) {
    v128.store(xGradient, d.pull(v128.load(kept), v128.load(gradient)));
    v128.store(xGradient, d.pull(v128.load(kept, 16), v128.load(gradient, 16)), 16);
    v128.store(xGradient, d.pull(v128.load(kept, 32), v128.load(gradient, 32)), 32);
    v128.store(xGradient, d.pull(v128.load(kept, 48), v128.load(gradient, 48)), 48);
    kept += 64;
    gradient += 64;
    xGradient += 64;
  }
  if (left > 0) gradientRest(d, kept, gradient, xGradient, left);
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
