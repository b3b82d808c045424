/**
 * Stochastic gradient descent with momentum, as PyTorch states it (Sutskever et al. 2013 have the learning rate inside
 * the velocity):
 *
 *   g = gradient + weightDecay * parameter
 *   velocity = momentum * velocity + g            from 0; without momentum it is g
 *   parameter -= lr * (nesterov ? g + momentum * velocity : velocity)
 */

import { OptionError } from '../errors.js';
import { checkShare } from './_check.js';
import type { ParameterList } from './_parameter-groups.js';
import { Optimizer, type Rates } from './optimizer.js';

export interface SGDOptions {
  /** The learning rate. */
  readonly lr: number;
  /** The share of the velocity that lasts from step to step, from 0 up to but excluding 1. @default 0 */
  readonly momentum?: number;
  /** Looks ahead along the velocity (Nesterov 1983). Needs momentum. @default false */
  readonly nesterov?: boolean;
  /** The L2 penalty's factor. @default 0 */
  readonly weightDecay?: number;
}

export class SGD extends Optimizer {
  readonly momentum: number;
  readonly nesterov: boolean;
  protected readonly kernel = 'sgd';
  protected readonly memories: readonly string[];

  /** @throws OptionError for impossible rates, nesterov without momentum, and parameters given twice or not at all. */
  constructor(parameters: ParameterList, options: SGDOptions) {
    const { lr, momentum = 0, nesterov = false, weightDecay = 0 } = options;
    super('sgd', parameters, { lr, weightDecay });
    checkShare('sgd', 'momentum', momentum);
    if (nesterov && momentum === 0) {
      throw new OptionError(
        'nesterov looks ahead along the momentum, but momentum is 0; give one, such as 0.9',
        {
          operator: 'sgd',
          rule: 'nesterov',
          got: momentum,
          expected: 'momentum above 0',
        },
      );
    }
    this.momentum = momentum;
    this.nesterov = nesterov;
    this.memories = momentum > 0 ? ['velocity'] : [];
  }

  protected record({ lr, weightDecay }: Rates): object {
    return { lr, momentum: this.momentum, weightDecay, nesterov: this.nesterov ? 1 : 0 };
  }
}

/**
 * Stochastic gradient descent for `model.parameters()`, or for groups of parameters with rates of their own.
 *
 * @throws OptionError as the class does.
 */
export function sgd(parameters: ParameterList, options: SGDOptions): SGD {
  return new SGD(parameters, options);
}
