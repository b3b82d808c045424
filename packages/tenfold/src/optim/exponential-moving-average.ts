/**
 * Averages of the weights over the steps of training: they wander less than the weights themselves and often generalise
 * better (Polyak and Juditsky 1992 average all steps alike; here older ones count less and less):
 *
 *   average += (1 - decay) * (parameter - average)      from the first parameters
 *
 * Buffers, batch normalisation's running statistics for instance, are averages already; the model keeps them as they are.
 */

import { StateError } from '../errors.js';
import type { Module } from '../nn/module.js';
import { write } from '../nn/parameter.js';
import {
  type LoadResult,
  matchState,
  readState,
  type StateDict,
  type StoredTensor,
} from '../nn/state-dict.js';
import { keep } from '../tensor/scope.js';
import { type Tensor, zeros } from '../tensor/tensor.js';
import { checkShare, checkWhole } from './_check.js';

export interface ExponentialMovingAverageOptions {
  /** How much of the average lasts from update to update, from 0 up to but excluding 1; 0.999 for instance. */
  readonly decay: number;
  /**
   * Begins with a lower decay, min(decay, (1 + t) / (10 + t)) at update t, counted from 0, so that the average soon
   * forgets the first parameters (as TensorFlow does with num_updates). @default false
   */
  readonly warmUp?: boolean;
}

interface Averaged {
  readonly name: string;
  readonly parameter: Tensor;
  readonly average: Tensor;
}

export class ExponentialMovingAverage {
  readonly decay: number;
  readonly warmUp: boolean;
  readonly #averaged: readonly Averaged[];
  #updates = 0;
  #swapped = false;

  /** @throws OptionError unless 0 <= decay < 1. */
  constructor(model: Module, { decay, warmUp = false }: ExponentialMovingAverageOptions) {
    checkShare('exponentialMovingAverage', 'decay', decay);
    this.decay = decay;
    this.warmUp = warmUp;
    this.#averaged = model.namedParameters().map(([name, parameter]) => {
      const { shape, device } = parameter;
      return { name: `average.${name}`, parameter, average: keep(zeros(shape, { device })) };
    });
    this.#moveBy(1);
  }

  /** How often the average has been updated. */
  get updates(): number {
    return this.#updates;
  }

  /** Whether the model holds the averaged weights now. */
  get swapped(): boolean {
    return this.#swapped;
  }

  /**
   * Moves the averages towards the parameters; call it after each step.
   *
   * @throws StateError while the weights are swapped.
   */
  update(): void {
    this.#refuseIfSwapped('update');
    const t = this.#updates;
    const decay = this.warmUp ? Math.min(this.decay, (1 + t) / (10 + t)) : this.decay;
    this.#moveBy(1 - decay);
    this.#updates++;
  }

  /** Exchanges the model's weights with the averaged ones; the second call puts the trained ones back. */
  swap(): void {
    for (const { parameter, average } of this.#averaged) {
      parameter.device.run('exchange', { length: parameter.length }, { x: parameter, y: average });
      parameter.storage.version++;
      average.storage.version++;
    }
    this.#swapped = !this.#swapped;
  }

  /**
   * Runs `body`, which may be asynchronous, while the model holds the averaged weights, and puts the trained ones back,
   * also after an error. Nothing may train meanwhile. `apply(() => model.stateDict())` is the averaged model, buffers
   * included.
   *
   * @throws StateError if the weights are swapped already.
   */
  async apply<Result>(body: () => Result | Promise<Result>): Promise<Result> {
    this.#refuseIfSwapped('apply');
    this.swap();
    try {
      return await body();
    } finally {
      if (this.#swapped) this.swap();
    }
  }

  /**
   * Copies of the averages, `average.` and the parameter's name, and of `updates`, for a checkpoint.
   *
   * @throws StateError while the weights are swapped.
   */
  async stateDict(): Promise<Map<string, StoredTensor>> {
    this.#refuseIfSwapped('stateDict');
    const updates: StoredTensor = { dtype: 'int32', shape: [], data: Int32Array.of(this.#updates) };
    const averages = this.#averaged.map(({ name, average }) => [name, average] as const);
    return new Map([['updates', updates], ...(await readState(averages))]);
  }

  /**
   * Goes on from a state as if nothing had happened in between.
   *
   * @throws StateDictError if the state is not of the same parameters, OptionError if its `updates` is negative; then
   *   nothing has changed. StateError while the weights are swapped.
   */
  loadStateDict(state: StateDict): LoadResult {
    this.#refuseIfSwapped('loadStateDict');
    const places = [
      { name: 'updates', average: undefined, dtype: 'int32', shape: [] } as const,
      ...this.#averaged.map(({ name, average }) => {
        return { name, average, dtype: average.dtype, shape: average.shape };
      }),
    ];
    const expected = places.map((place) => ({ names: [place.name], target: place, optional: false }));
    const { matches, missing, unexpected } = matchState('exponentialMovingAverage', expected, state, true);
    for (const [{ average }, values] of matches) {
      if (average === undefined) checkWhole('exponentialMovingAverage', 'updates', values[0]!, 0);
    }
    for (const [{ average }, values] of matches) {
      if (average === undefined) this.#updates = values[0]!;
      else write(average, values);
    }
    return { missing, unexpected };
  }

  /** Frees the averages; the model keeps, or gets back, the trained weights. */
  dispose(): void {
    if (this.#swapped) this.swap();
    for (const { average } of this.#averaged) average.dispose();
  }

  #moveBy(share: number): void {
    for (const { parameter, average } of this.#averaged) {
      parameter.device.run('lerp', { length: parameter.length, share }, { x: parameter, y: average });
      average.storage.version++;
    }
  }

  #refuseIfSwapped(method: string): void {
    if (!this.#swapped) return;
    throw new StateError(
      `exponentialMovingAverage: ${method} needs the trained weights in the model, but it holds the averaged ones; call swap() first, or await apply`,
    );
  }
}

/**
 * Keeps an average of the model's parameters beside them.
 *
 * @throws OptionError as the class does.
 */
export function exponentialMovingAverage(
  model: Module,
  options: ExponentialMovingAverageOptions,
): ExponentialMovingAverage {
  return new ExponentialMovingAverage(model, options);
}
