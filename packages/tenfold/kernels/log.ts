import { log as logOf, logOfUsual } from './lib/elementary';
import { unaryGradient, Unary, UnaryGradient, usualUnary } from './lib/elementwise';

export { elementwiseBlocks as logBlocks, elementwiseBlocks as logGradientBlocks } from './lib/elementwise';

// @ts-ignore: decorator
@unmanaged
class Log extends Unary {
  // @ts-ignore: decorator
  @inline
  apply(x: v128): v128 {
    return logOf(x);
  }

  // @ts-ignore: decorator
  @inline
  usual(x: v128): v128 {
    return logOfUsual(x);
  }

  // @ts-ignore: decorator
  @inline
  areUnusual(a: v128, b: v128, c: v128, d: v128): v128 {
    const least = i32x4.min_s(i32x4.min_s(a, b), i32x4.min_s(c, d));
    const most = i32x4.max_s(i32x4.max_s(a, b), i32x4.max_s(c, d));
    return v128.or(i32x4.lt_s(least, f32x4.splat(1.17549435e-38)), i32x4.ge_s(most, f32x4.splat(Infinity)));
  }
}

export function log(d: Log, phase: i32, block: i32, scratch: usize): void {
  usualUnary(d, block);
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
