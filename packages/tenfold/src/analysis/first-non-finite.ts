/** Where NaN and infinity begin in a forward pass. */

import type { TypedArray } from '../device/device.js';
import { StateError } from '../errors.js';
import type { Module } from '../nn/module.js';
import { write } from '../nn/parameter.js';
import { type Application, observing } from '../ops/_operator.js';
import { withDraws } from '../tensor/random.js';
import { scope } from '../tensor/scope.js';
import { noGrad } from '../tensor/tape.js';
import { announcingForward } from './_announce-forward.js';

/** The first operator whose output is not finite throughout. */
export interface NonFinite {
  /** The innermost module that was at work, '' for the model itself; undefined for what lies outside the model. */
  readonly module: string | undefined;
  /** The operator's name, `conv2d`. */
  readonly operator: string;
  readonly outputShape: readonly number[];
  /** The first such element: NaN, Infinity or -Infinity. */
  readonly value: number;
  /**
   * Which of the operator's inputs were not finite before it: parameters and buffers by name, others as `input 0`. None
   * means that it began here.
   */
  readonly inputs: readonly string[];
}

export interface FirstNonFiniteOptions {
  /** The seed and the number of the training step that is looked into, so that dropout draws the same again. @default 0 */
  readonly seed?: number;
  /** @default 0 */
  readonly step?: number;
}

/**
 * Runs `body` again, as `trainStep` does but without a tape, and looks at what each operator makes. The model is left as
 * it was, running statistics included.
 *
 * @param body A forward pass, `() => crossEntropy(model.forward(images), labels)`.
 * @returns Undefined if all is finite.
 * @throws StateError on a device that cannot be read without waiting, and if `body` is asynchronous.
 */
export async function firstNonFinite(
  model: Module,
  body: () => unknown,
  { seed = 0, step = 0 }: FirstNonFiniteOptions = {},
): Promise<NonFinite | undefined> {
  const buffers = new Map(model.namedBuffers().map(([, buffer]) => [buffer, buffer.dataSync()]));
  const names = new Map(
    [...model.namedParameters(), ...model.namedBuffers()].map(([name, own]) => [own, name]),
  );
  let found: NonFinite | undefined;
  const working: string[] = [];
  const observe = ({ operator, inputs, output }: Application) => {
    const value = found === undefined ? nonFinite(output.dataSync()) : undefined;
    if (value === undefined) return;
    found = {
      module: working.at(-1),
      operator: operator.name,
      outputShape: output.shape,
      value,
      inputs: inputs.flatMap((input, index) => {
        // Buffers as they were: the operator may just have written NaN to them.
        const values = input && (buffers.get(input) ?? input.dataSync());
        return values && nonFinite(values) !== undefined ? [names.get(input) ?? `input ${index}`] : [];
      }),
    };
  };
  const listener = { enter: (name: string) => void working.push(name), leave: () => void working.pop() };
  try {
    withDraws(seed, step, () =>
      scope(() => {
        announcingForward(model, listener, () => refusePromise(observing(observe, () => noGrad(body))));
      }),
    );
  } finally {
    for (const [buffer, values] of buffers) write(buffer, values);
  }
  return found;
}

function nonFinite(values: TypedArray): number | undefined {
  return values.find((value) => !Number.isFinite(value));
}

function refusePromise(returned: unknown): void {
  if (!(returned instanceof Promise)) return;
  returned.catch(() => {});
  throw new StateError(
    'firstNonFinite: the function is asynchronous, but only what it does before it returns is looked at; await before firstNonFinite',
  );
}
