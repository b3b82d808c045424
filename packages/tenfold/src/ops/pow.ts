/**
 * y = x^exponent, the exponent a constant. gradient(x) = gradient(y) * exponent * x^(exponent - 1), and 0 for exponent 0.
 *
 * As in C and PyTorch: x^0 = 1 for every x, NaN too; a negative x gives NaN unless the exponent is whole; 0 to a negative
 * power is infinite; and exponents 0.5 and -0.5 are the square root and its inverse, so NaN at minus infinity.
 */

import { OptionError } from '../errors.js';
import type { Tensor } from '../tensor/tensor.js';
import { applyElementwise, elementwiseOperator } from './_elementwise.js';

export interface PowNumbers {
  readonly exponent: number;
}

export function powNumbers(exponent: number): PowNumbers {
  // As precise as the elements are, on every device alike.
  const rounded = Math.fround(exponent);
  if (!Number.isFinite(rounded)) {
    throw new OptionError(`the exponent must be a finite float32 number, not ${exponent}`, {
      operator: 'pow',
      rule: 'exponent',
      got: exponent,
      expected: 'a finite number below 3.4e38',
    });
  }
  return { exponent: rounded };
}

export const powOperator = elementwiseOperator<PowNumbers>({
  name: 'pow',
  gradientReads: 'x',
  operations: 3,
});

/**
 * x, of any shape, to the power of `exponent`, which is rounded to float32.
 *
 * @throws OptionError unless the exponent is finite.
 */
export function pow(x: Tensor, exponent: number): Tensor {
  return applyElementwise(powOperator, x, powNumbers(exponent));
}
