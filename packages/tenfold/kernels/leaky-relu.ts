import { unary, unaryGradient, Unary, UnaryGradient } from './lib/elementwise';

export { elementwiseBlocks as leakyReluBlocks, elementwiseBlocks as leakyReluGradientBlocks } from './lib/elementwise';

// @ts-ignore: decorator
@unmanaged
class LeakyRelu extends Unary {
  negativeSlope: f32;

  // @ts-ignore: decorator
  @inline
  apply(x: v128): v128 {
    return v128.bitselect(x, f32x4.mul(x, f32x4.splat(this.negativeSlope)), f32x4.gt(x, f32x4.splat(0)));
  }
}

export function leakyRelu(d: LeakyRelu, phase: i32, block: i32, scratch: usize): void {
  unary(d, block);
}

// @ts-ignore: decorator
@unmanaged
class LeakyReluGradient extends UnaryGradient {
  x: usize;
  negativeSlope: f32;

  // @ts-ignore: decorator
  @inline
  pull(x: v128, gradient: v128): v128 {
    const scaled = f32x4.mul(gradient, f32x4.splat(this.negativeSlope));
    return v128.bitselect(gradient, scaled, f32x4.gt(x, f32x4.splat(0)));
  }
}

export function leakyReluGradient(d: LeakyReluGradient, phase: i32, block: i32, scratch: usize): void {
  unaryGradient(d, d.x, block);
}
