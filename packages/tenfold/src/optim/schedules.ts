/**
 * Learning rates as functions of the step, counted from 0: `optimizer.lr = schedule(optimizer.steps)`. They hold no
 * state, so resuming needs nothing but the step.
 */

import { cosPi, integerPower } from '../tensor/elementary.js';
import { check, checkPositive, checkRate, checkWhole } from './_check.js';

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
  checkWhole('oneCycle', 'totalSteps', totalSteps, 1);
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
  checkWhole('cosine', 'totalSteps', totalSteps, 1);
  return (step) => {
    checkStep('cosine', step, totalSteps, totalSteps);
    return halfCosine(lr, minLr, step / totalSteps);
  };
}

/** From `start` at share 0 to `end` at share 1. */
function halfCosine(start: number, end: number, share: number): number {
  return end + ((start - end) / 2) * (1 + cosPi(share));
}

/**
 * The same rate at every step.
 *
 * @throws OptionError for an impossible rate.
 */
export function constant({ lr }: { readonly lr: number }): Schedule {
  checkRate('constant', 'lr', lr);
  return (step) => {
    checkWhole('constant', 'step', step, 0);
    return lr;
  };
}

export interface StepOptions {
  /** The rate of the first step. */
  readonly lr: number;
  /** How many steps the rate stays before it falls. */
  readonly stepSize: number;
  /** What the rate is multiplied by at each fall. @default 0.1 */
  readonly gamma?: number;
}

/**
 * lr * gamma^floor(step / stepSize); equal to torch.optim.lr_scheduler.StepLR.
 *
 * @throws OptionError for impossible rates or numbers of steps.
 */
export function step({ lr, stepSize, gamma = 0.1 }: StepOptions): Schedule {
  checkRate('step', 'lr', lr);
  checkWhole('step', 'stepSize', stepSize, 1);
  checkPositive('step', 'gamma', gamma);
  return (step) => {
    checkWhole('step', 'step', step, 0);
    return lr * integerPower(gamma, Math.floor(step / stepSize));
  };
}

export interface MultiStepOptions {
  /** The rate of the first step. */
  readonly lr: number;
  /** The steps at which the rate falls, in ascending order. */
  readonly milestones: readonly number[];
  /** What the rate is multiplied by at each milestone. @default 0.1 */
  readonly gamma?: number;
}

/**
 * lr * gamma^(how many milestones have been reached); equal to torch.optim.lr_scheduler.MultiStepLR.
 *
 * @throws OptionError for impossible rates, and milestones that do not ascend.
 */
export function multiStep({ lr, milestones, gamma = 0.1 }: MultiStepOptions): Schedule {
  checkRate('multiStep', 'lr', lr);
  checkPositive('multiStep', 'gamma', gamma);
  milestones.forEach((milestone, index) => {
    checkWhole('multiStep', `milestones[${index}]`, milestone, index === 0 ? 1 : milestones[index - 1]! + 1);
  });
  const falls = [...milestones];
  return (step) => {
    checkWhole('multiStep', 'step', step, 0);
    return lr * integerPower(gamma, falls.filter((milestone) => milestone <= step).length);
  };
}

export interface WarmUpOptions {
  /** How many steps the rate rises; with 0 there is no warm-up. */
  readonly steps: number;
  /** The rate of the very first step. @default 0 */
  readonly from?: number;
}

/**
 * Rises in a straight line, from `from` at step 0, to the first rate of `schedule`, which begins when the warm-up has
 * ended: its step 0 is step `steps` (Goyal et al. 2017, section 2.2). In PyTorch: SequentialLR of LinearLR and the other.
 *
 * @throws OptionError for an impossible rate or number of steps.
 */
export function warmUp({ steps, from = 0 }: WarmUpOptions, schedule: Schedule): Schedule {
  checkWhole('warmUp', 'steps', steps, 0);
  checkRate('warmUp', 'from', from);
  const to = schedule(0);
  return (step) => {
    checkWhole('warmUp', 'step', step, 0);
    return step < steps ? from + (to - from) * (step / steps) : schedule(step - steps);
  };
}

function checkStep(operator: string, step: number, last: number, totalSteps: number): void {
  const possible = Number.isInteger(step) && step >= 0 && step <= last;
  check(operator, 'step', step, possible, `a whole number from 0 to ${last}, as totalSteps is ${totalSteps}`);
}
