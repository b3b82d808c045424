import { unary, unaryGradient, Unary, UnaryGradient } from './lib/elementwise';

export { elementwiseBlocks as reluBlocks, elementwiseBlocks as reluGradientBlocks } from './lib/elementwise';

// @ts-ignore: decorator
@unmanaged
class Relu extends Unary {
  // @ts-ignore: decorator
  @inline
  apply(x: v128): v128 {
    // Zero for what is not above it, but NaN; max takes engines several instructions.
    return v128.andnot(x, f32x4.le(x, f32x4.splat(0)));
  }
}

export function relu(d: Relu, phase: i32, block: i32, scratch: usize): void {
  unary(d, block);
}

// @ts-ignore: decorator
@unmanaged
class ReluGradient extends UnaryGradient {
  y: usize;

  // @ts-ignore: decorator
  @inline
  pull(y: v128, gradient: v128): v128 {
    return v128.andnot(gradient, f32x4.le(y, f32x4.splat(0)));
  }
}

export function reluGradient(d: ReluGradient, phase: i32, block: i32, scratch: usize): void {
  unaryGradient(d, d.y, block);
}
