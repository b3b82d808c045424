import { hardsigmoid as hardsigmoidOf, hardsigmoidGradient as gradientOf } from './lib/activation';
import { unary, unaryGradient, Unary, UnaryGradient } from './lib/elementwise';

export { elementwiseBlocks as hardsigmoidBlocks, elementwiseBlocks as hardsigmoidGradientBlocks } from './lib/elementwise';

// @ts-ignore: decorator
@unmanaged
class Hardsigmoid extends Unary {
  // @ts-ignore: decorator
  @inline
  apply(x: v128): v128 {
    return hardsigmoidOf(x);
  }
}

export function hardsigmoid(d: Hardsigmoid, phase: i32, block: i32, scratch: usize): void {
  unary(d, block);
}

// @ts-ignore: decorator
@unmanaged
class HardsigmoidGradient extends UnaryGradient {
  x: usize;

  // @ts-ignore: decorator
  @inline
  pull(x: v128, gradient: v128): v128 {
    return gradientOf(x, gradient);
  }
}

export function hardsigmoidGradient(d: HardsigmoidGradient, phase: i32, block: i32, scratch: usize): void {
  unaryGradient(d, d.x, block);
}
