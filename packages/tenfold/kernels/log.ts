import { log as logOf } from './lib/elementary';
import { unaryGradient, Unary, UnaryGradient, unary } from './lib/elementwise';

export { elementwiseBlocks as logBlocks, elementwiseBlocks as logGradientBlocks } from './lib/elementwise';

// @ts-ignore: decorator
@unmanaged
class Log extends Unary {
  // @ts-ignore: decorator
  @inline
  apply(x: v128): v128 {
    return logOf(x);
  }
}

export function log(d: Log, phase: i32, block: i32, scratch: usize): void {
  unary(d, block);
}

// @ts-ignore: decorator
@unmanaged
class LogGradient extends UnaryGradient {
  x: usize;

  // @ts-ignore: decorator
  @inline
  pull(x: v128, gradient: v128): v128 {
    return f32x4.div(gradient, x);
  }
}

export function logGradient(d: LogGradient, phase: i32, block: i32, scratch: usize): void {
  unaryGradient(d, d.x, block);
}
