import { halfPower, inverseSquareRoot, power, wholePower } from './lib/elementary';
import { Unary, UnaryGradient, unary, unaryGradient, wideUnary, wideUnaryGradient } from './lib/elementwise';

export { elementwiseBlocks as powBlocks, elementwiseBlocks as powGradientBlocks } from './lib/elementwise';

/** Up to here whole exponents are multiplied out. */
const LARGEST_WHOLE: f32 = 64;

// @ts-ignore: decorator
@inline
function isSmallWhole(exponent: f32): bool {
  return exponent == nearest<f32>(exponent) && abs<f32>(exponent) <= LARGEST_WHOLE;
}

/** Likewise those halfway between them, but for 1/2 and -1/2. */
// @ts-ignore: decorator
@inline
function isSmallHalf(exponent: f32): bool {
  return isSmallWhole(abs<f32>(exponent) - 0.5) && abs<f32>(exponent) > 1;
}

// @ts-ignore: decorator
@unmanaged
class Pow extends Unary {
  exponent: f32;
}

// @ts-ignore: decorator
@unmanaged
class PowSquare extends Pow {
  // @ts-ignore: decorator
  @inline
  apply(x: v128): v128 {
    return f32x4.mul(x, x);
  }
}

// @ts-ignore: decorator
@unmanaged
class PowRoot extends Pow {
  // @ts-ignore: decorator
  @inline
  apply(x: v128): v128 {
    return f32x4.sqrt(x);
  }
}

// @ts-ignore: decorator
@unmanaged
class PowInverseRoot extends Pow {
  // @ts-ignore: decorator
  @inline
  apply(x: v128): v128 {
    return inverseSquareRoot(x);
  }
}

// @ts-ignore: decorator
@unmanaged
class PowWhole extends Pow {
  // @ts-ignore: decorator
  @inline
  apply(x: v128): v128 {
    return wholePower(x, i32(this.exponent));
  }
}

// @ts-ignore: decorator
@unmanaged
class PowHalf extends Pow {
  // @ts-ignore: decorator
  @inline
  apply(x: v128): v128 {
    return halfPower(x, this.exponent);
  }
}

// @ts-ignore: decorator
@unmanaged
class PowAny extends Pow {
  // @ts-ignore: decorator
  @inline
  apply(x: v128): v128 {
    return power(x, f64(this.exponent));
  }
}

/** Each way to compute it has its own loop. */
export function pow(d: Pow, phase: i32, block: i32, scratch: usize): void {
  if (d.exponent == 2) unary(changetype<PowSquare>(d), block);
  else if (d.exponent == 0.5) unary(changetype<PowRoot>(d), block);
  else if (d.exponent == -0.5) wideUnary(changetype<PowInverseRoot>(d), block);
  else if (isSmallWhole(d.exponent)) wideUnary(changetype<PowWhole>(d), block);
  else if (isSmallHalf(d.exponent)) wideUnary(changetype<PowHalf>(d), block);
  else wideUnary(changetype<PowAny>(d), block);
}

// @ts-ignore: decorator
@unmanaged
class PowGradient extends UnaryGradient {
  x: usize;
  exponent: f32;

  /** gradient(y) * exponent * power, where the power is x^(exponent - 1). */
  // @ts-ignore: decorator
  @inline
  chain(power: v128, gradient: v128): v128 {
    return f32x4.mul(gradient, f32x4.mul(f32x4.splat(this.exponent), power));
  }
}

// @ts-ignore: decorator
@unmanaged
class PowZeroGradient extends PowGradient {
  // @ts-ignore: decorator
  @inline
  pull(x: v128, gradient: v128): v128 {
    return f32x4.splat(0);
  }
}

// @ts-ignore: decorator
@unmanaged
class PowIdentityGradient extends PowGradient {
  // @ts-ignore: decorator
  @inline
  pull(x: v128, gradient: v128): v128 {
    return this.chain(x, gradient);
  }
}

// @ts-ignore: decorator
@unmanaged
class PowRootGradient extends PowGradient {
  // @ts-ignore: decorator
  @inline
  pull(x: v128, gradient: v128): v128 {
    return this.chain(f32x4.sqrt(x), gradient);
  }
}

// @ts-ignore: decorator
@unmanaged
class PowInverseRootGradient extends PowGradient {
  // @ts-ignore: decorator
  @inline
  pull(x: v128, gradient: v128): v128 {
    return this.chain(inverseSquareRoot(x), gradient);
  }
}

// @ts-ignore: decorator
@unmanaged
class PowWholeGradient extends PowGradient {
  // @ts-ignore: decorator
  @inline
  pull(x: v128, gradient: v128): v128 {
    return this.chain(wholePower(x, i32(this.exponent) - 1), gradient);
  }
}

// @ts-ignore: decorator
@unmanaged
class PowAnyGradient extends PowGradient {
  // @ts-ignore: decorator
  @inline
  pull(x: v128, gradient: v128): v128 {
    return this.chain(power(x, f64(this.exponent) - 1), gradient);
  }
}

export function powGradient(d: PowGradient, phase: i32, block: i32, scratch: usize): void {
  const power = f64(d.exponent) - 1;
  if (power == -1) unaryGradient(changetype<PowZeroGradient>(d), d.x, block);
  else if (power == 1) unaryGradient(changetype<PowIdentityGradient>(d), d.x, block);
  else if (power == 0.5) unaryGradient(changetype<PowRootGradient>(d), d.x, block);
  else if (power == -0.5) wideUnaryGradient(changetype<PowInverseRootGradient>(d), d.x, block);
  else if (isSmallWhole(d.exponent)) wideUnaryGradient(changetype<PowWholeGradient>(d), d.x, block);
  else wideUnaryGradient(changetype<PowAnyGradient>(d), d.x, block);
}
