/**
 * Adam with decoupled weight decay (Loshchilov and Hutter 2019, algorithm 2), as PyTorch states it: the decay is no part
 * of the gradient, whose size Adam divides out, but shrinks the parameter itself in proportion to the learning rate:
 *
 *   parameter -= lr * weightDecay * parameter + Adam's step without weight decay
 */

import type { ParameterList } from './_parameter-groups.js';
import { Adam, type AdamOptions } from './adam.js';
import type { Rates } from './optimizer.js';

export interface AdamWOptions extends AdamOptions {
  /** The share, times the learning rate, that each step takes from a parameter. @default 0.01 */
  readonly weightDecay?: number;
}

export class AdamW extends Adam {
  /** @throws OptionError for impossible rates, betas or eps, and parameters given twice or not at all. */
  constructor(parameters: ParameterList, { weightDecay = 0.01, ...options }: AdamWOptions) {
    super(parameters, { ...options, weightDecay }, 'adamw');
  }

  protected override record({ lr, weightDecay, updates }: Rates): object {
    return { ...super.record({ lr, weightDecay: 0, updates }), decoupledDecay: lr * weightDecay };
  }
}

/**
 * Adam with decoupled weight decay for `model.parameters()`, or for groups of parameters with rates of their own; biases
 * and batch norms are commonly given a group with `weightDecay: 0`.
 *
 * @throws OptionError as the class does.
 */
export function adamw(parameters: ParameterList, options: AdamWOptions): AdamW {
  return new AdamW(parameters, options);
}
