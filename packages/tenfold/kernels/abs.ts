import { unary, unaryGradient, Unary, UnaryGradient } from './lib/elementwise';

export { elementwiseBlocks as absBlocks, elementwiseBlocks as absGradientBlocks } from './lib/elementwise';

// @ts-ignore: decorator
@unmanaged
class Abs extends Unary {
  // @ts-ignore: decorator
  @inline
  apply(x: v128): v128 {
    return f32x4.abs(x);
  }
}

export function abs(d: Abs, phase: i32, block: i32, scratch: usize): void {
  unary(d, block);
}

// @ts-ignore: decorator
@unmanaged
class AbsGradient extends UnaryGradient {
  x: usize;

  // @ts-ignore: decorator
  @inline
  pull(x: v128, gradient: v128): v128 {
    const zero = f32x4.splat(0);
    const below = v128.and(f32x4.neg(gradient), f32x4.lt(x, zero));
    return v128.bitselect(gradient, below, f32x4.gt(x, zero));
  }
}

export function absGradient(d: AbsGradient, phase: i32, block: i32, scratch: usize): void {
  unaryGradient(d, d.x, block);
}
