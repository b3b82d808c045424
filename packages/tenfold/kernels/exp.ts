import { exp as expOf, expOfUsual } from './lib/elementary';
import { unaryGradient, Unary, UnaryGradient, usualUnary } from './lib/elementwise';

export { elementwiseBlocks as expBlocks, elementwiseBlocks as expGradientBlocks } from './lib/elementwise';

// @ts-ignore: decorator
@unmanaged
class Exp extends Unary {
  // @ts-ignore: decorator
  @inline
  apply(x: v128): v128 {
    return expOf(x);
  }

  // @ts-ignore: decorator
  @inline
  usual(x: v128): v128 {
    return expOfUsual(x);
  }

  // @ts-ignore: decorator
  @inline
  areUnusual(a: v128, b: v128, c: v128, d: v128): v128 {
    const magnitudes = i32x4.splat(i32.MAX_VALUE);
    const ab = i32x4.max_s(v128.and(a, magnitudes), v128.and(b, magnitudes));
    const cd = i32x4.max_s(v128.and(c, magnitudes), v128.and(d, magnitudes));
    return i32x4.gt_s(i32x4.max_s(ab, cd), f32x4.splat(87));
  }
}

export function exp(d: Exp, phase: i32, block: i32, scratch: usize): void {
  usualUnary(d, block);
}

// @ts-ignore: decorator
@unmanaged
class ExpGradient extends UnaryGradient {
  y: usize;

  // @ts-ignore: decorator
  @inline
  pull(y: v128, gradient: v128): v128 {
    return f32x4.mul(gradient, y);
  }
}

export function expGradient(d: ExpGradient, phase: i32, block: i32, scratch: usize): void {
  unaryGradient(d, d.y, block);
}
