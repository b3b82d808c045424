import { lightUnary, lightUnaryGradient, Unary, UnaryGradient } from './lib/elementwise';

export { elementwiseBlocks as hardsigmoidBlocks, elementwiseBlocks as hardsigmoidGradientBlocks } from './lib/elementwise';

// @ts-ignore: decorator
@unmanaged
class Hardsigmoid extends Unary {
  // @ts-ignore: decorator
  @inline
  apply(x: v128): v128 {
    const shifted = f32x4.add(x, f32x4.splat(3));
    return f32x4.div(f32x4.pmin(f32x4.pmax(shifted, f32x4.splat(0)), f32x4.splat(6)), f32x4.splat(6));
  }
}

export function hardsigmoid(d: Hardsigmoid, phase: i32, block: i32, scratch: usize): void {
  lightUnary(d, block);
}

// @ts-ignore: decorator
@unmanaged
class HardsigmoidGradient extends UnaryGradient {
  x: usize;

  // @ts-ignore: decorator
  @inline
  pull(x: v128, gradient: v128): v128 {
    const inside = v128.and(f32x4.gt(x, f32x4.splat(-3)), f32x4.lt(x, f32x4.splat(3)));
    return v128.and(f32x4.div(gradient, f32x4.splat(6)), inside);
  }
}

export function hardsigmoidGradient(d: HardsigmoidGradient, phase: i32, block: i32, scratch: usize): void {
  lightUnaryGradient(d, d.x, block);
}
