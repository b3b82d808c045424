import { exp, sigmoid } from './lib/elementary';
import { Unary, UnaryGradient, unary, unaryGradient } from './lib/elementwise';

export { elementwiseBlocks as siluBlocks, elementwiseBlocks as siluGradientBlocks } from './lib/elementwise';

// @ts-ignore: decorator
@unmanaged
class Silu extends Unary {
  // @ts-ignore: decorator
  @inline
  apply(x: v128): v128 {
    return f32x4.mul(x, sigmoid(x));
  }
}

export function silu(d: Silu, phase: i32, block: i32, scratch: usize): void {
  unary(d, block);
}

// @ts-ignore: decorator
@unmanaged
class SiluGradient extends UnaryGradient {
  x: usize;

  // @ts-ignore: decorator
  @inline
  pull(x: v128, gradient: v128): v128 {
    // s = sigmoid(x) and rest = 1 - s from one exponential, neither by a difference of nearly equal numbers.
    const e = exp(f32x4.neg(f32x4.abs(x)));
    const large = f32x4.div(f32x4.splat(1), f32x4.add(f32x4.splat(1), e));
    const small = f32x4.mul(e, large);
    const negative = f32x4.lt(x, f32x4.splat(0));
    const s = v128.bitselect(small, large, negative);
    const rest = v128.bitselect(large, small, negative);
    return f32x4.mul(gradient, f32x4.mul(s, f32x4.add(f32x4.splat(1), f32x4.mul(x, rest))));
  }
}

export function siluGradient(d: SiluGradient, phase: i32, block: i32, scratch: usize): void {
  unaryGradient(d, d.x, block);
}
