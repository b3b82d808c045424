/**
 * Learning rates as functions of the step, counted from 0: `optimizer.lr = schedule(optimizer.steps)`. They hold no
 * state, so resuming needs nothing but the step.
 */

import { OptionError } from '../errors.js';
import { cosPi } from '../tensor/elementary.js';
import { checkRate } from './optimizer.js';

/** @throws OptionError for a step that the schedule does not have. */
export type Schedule = (step: number) => number;

export interface OneCycleOptions {
  readonly maxLr: number;
  readonly totalSteps: number;
  /** The share of the steps in which the rate rises. @default 0.3 */
  readonly pctStart?: number;
  /** The rate begins at maxLr / divFactor. @default 25 */
  readonly divFactor?: number;
  /** It ends at its beginning / finalDivFactor. @default 1e4 */
  readonly finalDivFactor?: number;
}

/**
 * One cycle (Smith and Topin 2018): half a cosine up to maxLr, half a cosine down to almost nothing; equal to
 * torch.optim.lr_scheduler.OneCycleLR without its cycling of momentum.
 *
 * @throws OptionError for impossible rates, shares or numbers of steps.
 */
export function oneCycle(options: OneCycleOptions): Schedule {
  const { maxLr, totalSteps, pctStart = 0.3, divFactor = 25, finalDivFactor = 1e4 } = options;
  checkRate('oneCycle', 'maxLr', maxLr);
  checkSteps('oneCycle', totalSteps);
  check('oneCycle', 'pctStart', pctStart, pctStart >= 0 && pctStart <= 1, 'between 0 and 1');
  check('oneCycle', 'divFactor', divFactor, divFactor > 0, 'above 0');
  check('oneCycle', 'finalDivFactor', finalDivFactor, finalDivFactor > 0, 'above 0');
  const first = maxLr / divFactor;
  const last = first / finalDivFactor;
  const peak = pctStart * totalSteps - 1;
  const end = totalSteps - 1;
  return (step) => {
    checkStep('oneCycle', step, end, totalSteps);
    return step <= peak
      ? halfCosine(first, maxLr, share(step, peak))
      : halfCosine(maxLr, last, share(step - peak, end - peak));
  };
}

/** A cycle may peak at its very first step, and then has no way to go up. */
function share(done: number, total: number): number {
  return total === 0 ? 1 : done / total;
}

export interface CosineOptions {
  /** The rate of the first step. */
  readonly lr: number;
  readonly totalSteps: number;
  /** What the rate falls to, at step `totalSteps`, where the schedule ends. @default 0 */
  readonly minLr?: number;
}

/**
 * Half a cosine from lr down to minLr (Loshchilov and Hutter 2017, equation 5, without restarts); equal to
 * torch.optim.lr_scheduler.CosineAnnealingLR with T_max = totalSteps.
 *
 * @throws OptionError for impossible rates or numbers of steps.
 */
export function cosine({ lr, totalSteps, minLr = 0 }: CosineOptions): Schedule {
  checkRate('cosine', 'lr', lr);
  checkRate('cosine', 'minLr', minLr);
  checkSteps('cosine', totalSteps);
  return (step) => {
    checkStep('cosine', step, totalSteps, totalSteps);
    return halfCosine(lr, minLr, step / totalSteps);
  };
}

/** From `start` at share 0 to `end` at share 1. */
function halfCosine(start: number, end: number, share: number): number {
  return end + ((start - end) / 2) * (1 + cosPi(share));
}

function checkStep(operator: string, step: number, last: number, totalSteps: number): void {
  const possible = Number.isInteger(step) && step >= 0 && step <= last;
  check(operator, 'step', step, possible, `a whole number from 0 to ${last}, as totalSteps is ${totalSteps}`);
}

function checkSteps(operator: string, totalSteps: number): void {
  const possible = Number.isInteger(totalSteps) && totalSteps >= 1;
  check(operator, 'totalSteps', totalSteps, possible, 'a whole number from 1 up');
}

function check(operator: string, name: string, got: number, holds: boolean, expected: string): void {
  if (holds) return;
  throw new OptionError(`${name} must be ${expected}, not ${got}`, { operator, rule: name, got, expected });
}
