/** What `trainStep` and `predict` share: how results leave the device. */

import type { TypedArray } from '../device/device.js';
import { StateError } from '../errors.js';
import { Tensor } from '../tensor/tensor.js';

/** An object of tensors. */
export type Tensors<Results> = { readonly [Name in keyof Results]: Tensor };

export type Values<Results> = { -readonly [Name in keyof Results]: TypedArray };

/**
 * The results by name, a single tensor as `name`.
 *
 * @throws StateError unless they are a tensor or an object of tensors; a promise is neither, because what an
 *   asynchronous function makes later is beyond the scope that would free it.
 */
export function namedResults(operator: string, name: string, results: unknown): [string, Tensor][] {
  if (results instanceof Promise) {
    results.catch(() => {});
    throw new StateError(
      `${operator}: the function is asynchronous, but what it makes is freed as soon as it returns; await before or after ${operator}`,
    );
  }
  const isObject = typeof results === 'object' && results !== null && !(results instanceof Tensor);
  const named: [string, unknown][] = isObject ? Object.entries(results) : [[name, results]];
  for (const [key, value] of named) {
    if (value instanceof Tensor) continue;
    throw new StateError(
      `${operator}: the function must return a tensor or an object of tensors, but its ${key} is ${describe(value)}`,
    );
  }
  return named as [string, Tensor][];
}

function describe(value: unknown): string {
  return typeof value === 'object' && value !== null
    ? `a ${value.constructor?.name ?? 'object'}`
    : String(value);
}

/** Begins to copy the tensors to the host. They may be freed at once: a device copies what they hold at the call. */
export async function readBack(results: readonly [string, Tensor][]): Promise<Record<string, TypedArray>> {
  const entries = results.map(
    async ([name, tensor]): Promise<[string, TypedArray]> => [name, await tensor.data()],
  );
  return Object.fromEntries(await Promise.all(entries));
}
