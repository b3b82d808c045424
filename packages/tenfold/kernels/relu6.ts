import { unary, unaryGradient, Unary, UnaryGradient } from './lib/elementwise';

export { elementwiseBlocks as relu6Blocks, elementwiseBlocks as relu6GradientBlocks } from './lib/elementwise';

// @ts-ignore: decorator
@unmanaged
class Relu6 extends Unary {
  // @ts-ignore: decorator
  @inline
  apply(x: v128): v128 {
    return f32x4.pmin(f32x4.pmax(x, f32x4.splat(0)), f32x4.splat(6));
  }
}

export function relu6(d: Relu6, phase: i32, block: i32, scratch: usize): void {
  unary(d, block);
}

// @ts-ignore: decorator
@unmanaged
class Relu6Gradient extends UnaryGradient {
  y: usize;

  // @ts-ignore: decorator
  @inline
  pull(y: v128, gradient: v128): v128 {
    const inside = v128.and(f32x4.gt(y, f32x4.splat(0)), f32x4.lt(y, f32x4.splat(6)));
    return v128.and(gradient, inside);
  }
}

export function relu6Gradient(d: Relu6Gradient, phase: i32, block: i32, scratch: usize): void {
  unaryGradient(d, d.y, block);
}
