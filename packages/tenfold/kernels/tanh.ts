import { tanh as tanhOf } from './lib/elementary';
import { unaryGradient, Unary, UnaryGradient, unary } from './lib/elementwise';

export { elementwiseBlocks as tanhBlocks, elementwiseBlocks as tanhGradientBlocks } from './lib/elementwise';

// @ts-ignore: decorator
@unmanaged
class Tanh extends Unary {
  // @ts-ignore: decorator
  @inline
  apply(x: v128): v128 {
    return tanhOf(x);
  }
}

export function tanh(d: Tanh, phase: i32, block: i32, scratch: usize): void {
  unary(d, block);
}

// @ts-ignore: decorator
@unmanaged
class TanhGradient extends UnaryGradient {
  y: usize;

  // @ts-ignore: decorator
  @inline
  pull(y: v128, gradient: v128): v128 {
    return f32x4.mul(gradient, f32x4.sub(f32x4.splat(1), f32x4.mul(y, y)));
  }
}

export function tanhGradient(d: TanhGradient, phase: i32, block: i32, scratch: usize): void {
  unaryGradient(d, d.y, block);
}
