import { OptionError } from '../errors.js';

/** @throws OptionError unless the value is a whole number from 1 up. */
export function checkCount(module: string, name: string, value: number): void {
  if (Number.isInteger(value) && value >= 1) return;
  throw new OptionError(`${name} must be a whole number from 1 up, not ${value}`, {
    operator: module,
    rule: name,
    got: value,
    expected: 'an integer >= 1',
  });
}

/** The side of an image into which every sensible window fits: it shows whether options are possible at all. */
export const ampleSide = 1_000_000_000;
