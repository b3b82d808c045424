import { sigmoidGradient as gradientOf } from './lib/activation';
import { sigmoid as sigmoidOf } from './lib/elementary';
import { unaryGradient, Unary, UnaryGradient, unary } from './lib/elementwise';

export { elementwiseBlocks as sigmoidBlocks, elementwiseBlocks as sigmoidGradientBlocks } from './lib/elementwise';

// @ts-ignore: decorator
@unmanaged
class Sigmoid extends Unary {
  // @ts-ignore: decorator
  @inline
  apply(x: v128): v128 {
    return sigmoidOf(x);
  }
}

export function sigmoid(d: Sigmoid, phase: i32, block: i32, scratch: usize): void {
  unary(d, block);
}

// @ts-ignore: decorator
@unmanaged
class SigmoidGradient extends UnaryGradient {
  y: usize;

  // @ts-ignore: decorator
  @inline
  pull(y: v128, gradient: v128): v128 {
    return gradientOf(y, gradient);
  }
}

export function sigmoidGradient(d: SigmoidGradient, phase: i32, block: i32, scratch: usize): void {
  unaryGradient(d, d.y, block);
}
