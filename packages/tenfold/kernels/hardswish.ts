import { lightUnary, lightUnaryGradient, Unary, UnaryGradient } from './lib/elementwise';

export { elementwiseBlocks as hardswishBlocks, elementwiseBlocks as hardswishGradientBlocks } from './lib/elementwise';

// @ts-ignore: decorator
@unmanaged
class Hardswish extends Unary {
  // @ts-ignore: decorator
  @inline
  apply(x: v128): v128 {
    const shifted = f32x4.add(x, f32x4.splat(3));
    const gate = f32x4.pmin(f32x4.pmax(shifted, f32x4.splat(0)), f32x4.splat(6));
    return f32x4.mul(x, f32x4.div(gate, f32x4.splat(6)));
  }
}

export function hardswish(d: Hardswish, phase: i32, block: i32, scratch: usize): void {
  lightUnary(d, block);
}

// @ts-ignore: decorator
@unmanaged
class HardswishGradient extends UnaryGradient {
  x: usize;

  // @ts-ignore: decorator
  @inline
  pull(x: v128, gradient: v128): v128 {
    const slope = f32x4.add(f32x4.div(x, f32x4.splat(3)), f32x4.splat(0.5));
    const above = v128.bitselect(gradient, f32x4.mul(gradient, slope), f32x4.ge(x, f32x4.splat(3)));
    return v128.andnot(above, f32x4.le(x, f32x4.splat(-3)));
  }
}

export function hardswishGradient(d: HardswishGradient, phase: i32, block: i32, scratch: usize): void {
  lightUnaryGradient(d, d.x, block);
}
