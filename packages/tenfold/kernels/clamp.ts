import { unary, unaryGradient, Unary, UnaryGradient } from './lib/elementwise';

export { elementwiseBlocks as clampBlocks, elementwiseBlocks as clampGradientBlocks } from './lib/elementwise';

// @ts-ignore: decorator
@unmanaged
class Clamp extends Unary {
  min: f32;
  max: f32;

  // @ts-ignore: decorator
  @inline
  apply(x: v128): v128 {
    return f32x4.pmin(f32x4.pmax(x, f32x4.splat(this.min)), f32x4.splat(this.max));
  }
}

export function clamp(d: Clamp, phase: i32, block: i32, scratch: usize): void {
  unary(d, block);
}

// @ts-ignore: decorator
@unmanaged
class ClampGradient extends UnaryGradient {
  x: usize;
  min: f32;
  max: f32;

  // @ts-ignore: decorator
  @inline
  pull(x: v128, gradient: v128): v128 {
    const inside = v128.and(f32x4.ge(x, f32x4.splat(this.min)), f32x4.le(x, f32x4.splat(this.max)));
    return v128.and(gradient, inside);
  }
}

export function clampGradient(d: ClampGradient, phase: i32, block: i32, scratch: usize): void {
  unaryGradient(d, d.x, block);
}
