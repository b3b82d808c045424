/**
 * RMSprop (Tieleman and Hinton 2012, lecture 6.5), not centred, as PyTorch states it:
 *
 *   g = gradient + weightDecay * parameter
 *   meanSquare = alpha * meanSquare + (1 - alpha) * g^2             from 0
 *   velocity = momentum * velocity + g / (sqrt(meanSquare) + eps)   from 0; without momentum it is the quotient
 *   parameter -= lr * velocity
 */

import { checkPositive, checkShare } from './_check.js';
import type { ParameterList } from './_parameter-groups.js';
import { Optimizer, type Rates } from './optimizer.js';

export interface RMSpropOptions {
  /** The learning rate. */
  readonly lr: number;
  /** How much of the mean square lasts from step to step. @default 0.99 */
  readonly alpha?: number;
  /** Keeps the divisor above 0. @default 1e-8 */
  readonly eps?: number;
  /** The share of the velocity that lasts from step to step, from 0 up to but excluding 1. @default 0 */
  readonly momentum?: number;
  /** The L2 penalty's factor. @default 0 */
  readonly weightDecay?: number;
}

export class RMSprop extends Optimizer {
  readonly alpha: number;
  readonly eps: number;
  readonly momentum: number;
  protected readonly kernel = 'rmsprop';
  protected readonly memories: readonly string[];

  /** @throws OptionError for impossible rates, alpha, eps or momentum, and parameters given twice or not at all. */
  constructor(parameters: ParameterList, options: RMSpropOptions) {
    const { lr, alpha = 0.99, eps = 1e-8, momentum = 0, weightDecay = 0 } = options;
    super('rmsprop', parameters, { lr, weightDecay });
    checkShare('rmsprop', 'alpha', alpha);
    checkPositive('rmsprop', 'eps', eps);
    checkShare('rmsprop', 'momentum', momentum);
    this.alpha = alpha;
    this.eps = eps;
    this.momentum = momentum;
    this.memories = momentum > 0 ? ['meanSquare', 'velocity'] : ['meanSquare'];
  }

  protected record({ lr, weightDecay }: Rates): object {
    const { alpha, eps, momentum } = this;
    // The share is taken here, because in float32 1 - 0.99 is off by 2e-6 of itself.
    return { lr, alpha, share: 1 - alpha, eps, momentum, weightDecay };
  }
}

/**
 * RMSprop for `model.parameters()`, or for groups of parameters with rates of their own.
 *
 * @throws OptionError as the class does.
 */
export function rmsprop(parameters: ParameterList, options: RMSpropOptions): RMSprop {
  return new RMSprop(parameters, options);
}
