/** What options of optimizers and schedules must be. */

import { OptionError } from '../errors.js';

/** @throws OptionError unless it `holds`. */
export function check(operator: string, name: string, got: number, holds: boolean, expected: string): void {
  if (holds) return;
  throw new OptionError(`${name} must be ${expected}, not ${got}`, { operator, rule: name, got, expected });
}

/** @throws OptionError for a rate that is negative or not finite. */
export function checkRate(operator: string, name: string, rate: number): void {
  check(operator, name, rate, rate >= 0 && Number.isFinite(rate), 'a finite number from 0 up');
}

/** @throws OptionError unless 0 < value < infinity. */
export function checkPositive(operator: string, name: string, value: number): void {
  check(operator, name, value, value > 0 && Number.isFinite(value), 'a finite number above 0');
}

/** @throws OptionError unless the share of something that lasts from step to step is from 0 up to but excluding 1. */
export function checkShare(operator: string, name: string, share: number): void {
  check(operator, name, share, share >= 0 && share < 1, 'at least 0 and below 1');
}

/** @throws OptionError unless the number is whole and at least `least`. */
export function checkWhole(operator: string, name: string, value: number, least: number): void {
  const holds = Number.isInteger(value) && value >= least;
  check(operator, name, value, holds, `a whole number from ${least} up`);
}
