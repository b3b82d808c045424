import { exp as expOf } from './lib/elementary';
import { unaryGradient, Unary, UnaryGradient, unary } from './lib/elementwise';

export { elementwiseBlocks as expBlocks, elementwiseBlocks as expGradientBlocks } from './lib/elementwise';

// @ts-ignore: decorator
@unmanaged
class Exp extends Unary {
  // @ts-ignore: decorator
  @inline
  apply(x: v128): v128 {
    return expOf(x);
  }
}

export function exp(d: Exp, phase: i32, block: i32, scratch: usize): void {
  unary(d, block);
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
