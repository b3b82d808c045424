import { unary, unaryGradient, Unary, UnaryGradient } from './lib/elementwise';

export { elementwiseBlocks as sqrtBlocks, elementwiseBlocks as sqrtGradientBlocks } from './lib/elementwise';

// @ts-ignore: decorator
@unmanaged
class Sqrt extends Unary {
  // @ts-ignore: decorator
  @inline
  apply(x: v128): v128 {
    return f32x4.sqrt(x);
  }
}

export function sqrt(d: Sqrt, phase: i32, block: i32, scratch: usize): void {
  unary(d, block);
}

// @ts-ignore: decorator
@unmanaged
class SqrtGradient extends UnaryGradient {
  y: usize;

  // @ts-ignore: decorator
  @inline
  pull(y: v128, gradient: v128): v128 {
    return f32x4.div(gradient, f32x4.add(y, y));
  }
}

export function sqrtGradient(d: SqrtGradient, phase: i32, block: i32, scratch: usize): void {
  unaryGradient(d, d.y, block);
}
