import { hardswish as hardswishOf, hardswishGradient as gradientOf } from './lib/activation';
import { unary, unaryGradient, Unary, UnaryGradient } from './lib/elementwise';

export { elementwiseBlocks as hardswishBlocks, elementwiseBlocks as hardswishGradientBlocks } from './lib/elementwise';

// @ts-ignore: decorator
@unmanaged
class Hardswish extends Unary {
  // @ts-ignore: decorator
  @inline
  apply(x: v128): v128 {
    return hardswishOf(x);
  }
}

export function hardswish(d: Hardswish, phase: i32, block: i32, scratch: usize): void {
  unary(d, block);
}

// @ts-ignore: decorator
@unmanaged
class HardswishGradient extends UnaryGradient {
  x: usize;

  // @ts-ignore: decorator
  @inline
  pull(x: v128, gradient: v128): v128 {
    return gradientOf(x, gradient);
  }
}

export function hardswishGradient(d: HardswishGradient, phase: i32, block: i32, scratch: usize): void {
  unaryGradient(d, d.x, block);
}
