/**
 * Stochastic gradient descent with momentum, as PyTorch states it (Sutskever et al. 2013 have the learning rate inside
 * the velocity):
 *
 *   g = gradient + weightDecay * parameter
 *   velocity = momentum * velocity + g            from 0; without momentum it is g
 *   parameter -= lr * (nesterov ? g + momentum * velocity : velocity)
 */

import type { Spec } from '../device/device.js';
import { OptionError } from '../errors.js';
import {
  type Expected,
  type LoadResult,
  matchState,
  readState,
  type StateDict,
  type StoredTensor,
} from '../nn/state-dict.js';
import { keep } from '../tensor/scope.js';
import { type Tensor, tensor, zeros } from '../tensor/tensor.js';
import { checkRate, type Optimizer, type ParameterGroup, type Treatment, treatments } from './optimizer.js';

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

/** A place in the state: a parameter's velocity, or, without index, the number of steps. */
interface Slot extends Spec {
  readonly index?: number;
}

export class SGD implements Optimizer {
  readonly momentum: number;
  readonly nesterov: boolean;
  #lr: number;
  #steps = 0;
  readonly #treatments: readonly Treatment[];
  /** By the parameter's number and of its shape, for parameters that have been changed; none without momentum. */
  readonly #velocities = new Map<number, Tensor>();

  /** @throws OptionError for impossible rates, nesterov without momentum, and parameters given twice or not at all. */
  constructor(parameters: readonly Tensor[] | readonly ParameterGroup[], options: SGDOptions) {
    const { lr, momentum = 0, nesterov = false, weightDecay = 0 } = options;
    this.#treatments = treatments('sgd', parameters, { lr, weightDecay });
    if (!(momentum >= 0 && momentum < 1)) {
      throw new OptionError(`momentum must be at least 0 and below 1, not ${momentum}`, {
        operator: 'sgd',
        rule: 'momentum',
        got: momentum,
        expected: '0 <= momentum < 1',
      });
    }
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
    this.#lr = lr;
  }

  get lr(): number {
    return this.#lr;
  }

  set lr(lr: number) {
    checkRate('sgd', 'lr', lr);
    this.#lr = lr;
  }

  get steps(): number {
    return this.#steps;
  }

  get parameters(): readonly Tensor[] {
    return this.#treatments.map(({ parameter }) => parameter);
  }

  step(): void {
    this.#treatments.forEach(({ parameter, lrFactor, weightDecay }, index) => {
      const gradient = parameter.grad;
      if (gradient === undefined) return;
      const velocity = this.momentum > 0 ? this.#velocity(index) : undefined;
      const record = {
        length: parameter.length,
        lr: this.#lr * lrFactor,
        momentum: this.momentum,
        weightDecay,
        nesterov: this.nesterov ? 1 : 0,
      };
      parameter.device.run('sgd', record, { parameter, gradient, velocity });
      parameter.storage.version++;
      if (velocity !== undefined) velocity.storage.version++;
    });
    this.#steps++;
  }

  zeroGrad(): void {
    for (const { parameter } of this.#treatments) parameter.zeroGrad();
  }

  /** `steps`, and `velocity.0`, `velocity.1`, ... by the parameter's number, for those that were ever changed. */
  async stateDict(): Promise<Map<string, StoredTensor>> {
    const steps: StoredTensor = { dtype: 'int32', shape: [], data: Int32Array.of(this.#steps) };
    const velocities = Array.from(this.#velocities, ([index, velocity]): [string, Tensor] => [
      nameOf(index),
      velocity,
    ]);
    return new Map([['steps', steps], ...(await readState(velocities))]);
  }

  loadStateDict(state: StateDict): LoadResult {
    const steps: Expected<Slot> = {
      names: ['steps'],
      target: { dtype: 'int32', shape: [] },
      optional: false,
    };
    const velocities = this.parameters.map(({ dtype, shape }, index): Expected<Slot> => {
      return { names: [nameOf(index)], target: { dtype, shape, index }, optional: true };
    });
    const { matches, missing, unexpected } = matchState('sgd', [steps, ...velocities], state, true);
    this.dispose();
    for (const [{ shape, index }, values] of matches) {
      if (index === undefined) this.#steps = values[0]!;
      else
        this.#velocities.set(index, keep(tensor(values, shape, { device: this.parameters[index]!.device })));
    }
    return { missing, unexpected };
  }

  dispose(): void {
    for (const velocity of this.#velocities.values()) velocity.dispose();
    this.#velocities.clear();
  }

  #velocity(index: number): Tensor {
    const existing = this.#velocities.get(index);
    if (existing !== undefined) return existing;
    const { shape, device } = this.#treatments[index]!.parameter;
    const velocity = keep(zeros(shape, { device }));
    this.#velocities.set(index, velocity);
    return velocity;
  }
}

function nameOf(index: number): string {
  return `velocity.${index}`;
}

/**
 * Stochastic gradient descent for `model.parameters()`, or for groups of parameters with rates of their own.
 *
 * @throws OptionError as the class does.
 */
export function sgd(parameters: readonly Tensor[] | readonly ParameterGroup[], options: SGDOptions): SGD {
  return new SGD(parameters, options);
}
