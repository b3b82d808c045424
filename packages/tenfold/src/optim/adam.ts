/**
 * Adam (Kingma and Ba 2015, algorithm 1), as PyTorch states it:
 *
 *   g = gradient + weightDecay * parameter
 *   mean = beta1 * mean + (1 - beta1) * g                   from 0
 *   meanSquare = beta2 * meanSquare + (1 - beta2) * g^2     from 0
 *   parameter -= lr * (mean / (1 - beta1^t)) / (sqrt(meanSquare / (1 - beta2^t)) + eps)
 *
 * The t-th change of a parameter divides by 1 - beta^t, because an average that begins at 0 is too small by that much.
 */

import { integerPower } from '../tensor/elementary.js';
import { checkPositive, checkShare } from './_check.js';
import type { ParameterList } from './_parameter-groups.js';
import { Optimizer, type Rates } from './optimizer.js';

export interface AdamOptions {
  /** The learning rate; about the most that a parameter moves in one step. */
  readonly lr: number;
  /** How much of the mean and of the mean square lasts from step to step. @default [0.9, 0.999] */
  readonly betas?: readonly [number, number];
  /** Keeps the divisor above 0. @default 1e-8 */
  readonly eps?: number;
  /** The L2 penalty's factor. @default 0 */
  readonly weightDecay?: number;
}

export class Adam extends Optimizer {
  readonly betas: readonly [number, number];
  readonly eps: number;
  protected readonly kernel = 'adam';
  protected readonly memories = ['mean', 'meanSquare'];
  protected override readonly countsUpdates = true;

  /**
   * @param operator The name in error messages, for optimizers that are built on this one.
   * @throws OptionError for impossible rates, betas or eps, and parameters given twice or not at all.
   */
  constructor(parameters: ParameterList, options: AdamOptions, operator = 'adam') {
    const { lr, betas = [0.9, 0.999], eps = 1e-8, weightDecay = 0 } = options;
    super(operator, parameters, { lr, weightDecay });
    checkShare(operator, 'betas[0]', betas[0]);
    checkShare(operator, 'betas[1]', betas[1]);
    checkPositive(operator, 'eps', eps);
    this.betas = [...betas];
    this.eps = eps;
  }

  protected record({ lr, weightDecay, updates }: Rates): object {
    const [beta1, beta2] = this.betas;
    return {
      beta1,
      beta2,
      // Here, because in float32 1 - 0.999 is off by 5e-5 of itself.
      share1: 1 - beta1,
      share2: 1 - beta2,
      stepSize: lr / (1 - integerPower(beta1, updates)),
      rootScale: 1 / Math.sqrt(1 - integerPower(beta2, updates)),
      eps: this.eps,
      weightDecay,
      decoupledDecay: 0,
    };
  }
}

/**
 * Adam for `model.parameters()`, or for groups of parameters with rates of their own.
 *
 * @throws OptionError as the class does.
 */
export function adam(parameters: ParameterList, options: AdamOptions): Adam {
  return new Adam(parameters, options);
}
