import { makeDivisible } from '../blocks/_make-divisible.js';
import { OptionError } from '../errors.js';

/**
 * So many channels times `width`, rounded, and at least 1; with a divisor, rounded to a multiple of it by the rule of the
 * MobileNets, which never takes away more than a tenth.
 *
 * @throws OptionError unless the width is above 0 and finite.
 */
export function scaled(channels: number, width: number, divisor = 1): number {
  if (!(width > 0 && width < Number.POSITIVE_INFINITY)) {
    throw new OptionError(`width multiplies the channels and must be above 0, not ${width}`, {
      operator: 'models',
      rule: 'width',
      got: width,
      expected: 'a number above 0',
    });
  }
  return divisor === 1 ? Math.max(1, Math.round(channels * width)) : makeDivisible(channels * width, divisor);
}
