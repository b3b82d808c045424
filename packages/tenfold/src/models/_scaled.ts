import { OptionError } from '../errors.js';

/**
 * So many channels times `width`, rounded, and at least 1.
 *
 * @throws OptionError unless the width is above 0 and finite.
 */
export function scaled(channels: number, width: number): number {
  if (!(width > 0 && width < Number.POSITIVE_INFINITY)) {
    throw new OptionError(`width multiplies the channels and must be above 0, not ${width}`, {
      operator: 'models',
      rule: 'width',
      got: width,
      expected: 'a number above 0',
    });
  }
  return Math.max(1, Math.round(channels * width));
}
