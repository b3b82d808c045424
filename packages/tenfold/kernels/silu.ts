import { silu as siluOf } from './lib/activation';
import { siluGradient as gradientOf } from './lib/elementary';
import { Unary, UnaryGradient, unary, unaryGradient } from './lib/elementwise';

export { elementwiseBlocks as siluBlocks, elementwiseBlocks as siluGradientBlocks } from './lib/elementwise';

// @ts-ignore: decorator
@unmanaged
class Silu extends Unary {
  // @ts-ignore: decorator
  @inline
  apply(x: v128): v128 {
    return siluOf(x);
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
    return gradientOf(x, gradient);
  }
}

export function siluGradient(d: SiluGradient, phase: i32, block: i32, scratch: usize): void {
  unaryGradient(d, d.x, block);
}
