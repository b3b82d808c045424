/**
 * y = min(max(x, min), max), so everything is max if min is larger, as in PyTorch. gradient(x) = gradient(y) where
 * min <= x <= max, else 0.
 */

import { OptionError } from '../errors.js';
import type { Tensor } from '../tensor/tensor.js';
import { applyElementwise, elementwiseOperator } from './_elementwise.js';

export interface ClampOptions {
  /** @default none */
  readonly min?: number;
  /** @default none */
  readonly max?: number;
}

export type ClampNumbers = Required<ClampOptions>;

export function clampNumbers(options: ClampOptions): ClampNumbers {
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = options;
  const unbounded = options.min === undefined && options.max === undefined;
  if (unbounded || Number.isNaN(min) || Number.isNaN(max)) {
    throw new OptionError(
      `needs a number for min, max or both, not ${unbounded ? 'neither' : `min ${min} and max ${max}`}`,
      { operator: 'clamp', rule: 'bounds', got: [options.min, options.max], expected: 'min, max or both' },
    );
  }
  // As precise as the elements are, so that every device sees the same element at the bound.
  return { min: Math.fround(min), max: Math.fround(max) };
}

export const clampOperator = elementwiseOperator<ClampNumbers>({
  name: 'clamp',
  gradientReads: 'x',
  operations: 2,
});

/**
 * x, of any shape, brought up to `min` and down to `max`, which are rounded to float32; NaN stays NaN.
 *
 * @throws OptionError if there is neither bound, or one is NaN.
 */
export function clamp(x: Tensor, options: ClampOptions): Tensor {
  return applyElementwise(clampOperator, x, clampNumbers(options));
}
