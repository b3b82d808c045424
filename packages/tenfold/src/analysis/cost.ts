/** What a network costs, counted without computing it: it runs on the meta device, and each operator says what it takes. */

import { onDevice } from '../device/current.js';
import { empty } from '../device/device.js';
import { meta } from '../device/meta.js';
import type { Module } from '../nn/module.js';
import { type Cost, observing } from '../ops/_operator.js';
import { scope } from '../tensor/scope.js';
import { noGrad } from '../tensor/tape.js';
import { Tensor } from '../tensor/tensor.js';

/** One operator at work in the network. */
export interface AppliedOperator {
  /** The operator's name, `conv2d`. */
  readonly operator: string;
  /** The module whose parameters it reads, `layer1.0.conv1`; undefined for an operator without parameters. */
  readonly module: string | undefined;
  /** How many numbers those of its parameters hold that no operator before it has read. */
  readonly parameters: number;
  /** Its options, normalised, and the sizes that follow from them. */
  readonly record: object;
  readonly outputShape: readonly number[];
  readonly cost: Cost;
}

export interface NetworkCost extends Cost {
  /** How many numbers all parameters hold together. */
  readonly parameters: number;
  /** Every operator in the order of the forward pass. */
  readonly applications: readonly AppliedOperator[];
}

/**
 * Counts what one forward pass in evaluation mode costs, for the whole batch of `inputShape`.
 *
 * @param build Makes the model, `() => mnistNet()`. It is called on the meta device, where parameters take no memory.
 * @param inputShape [N, H, W, C]
 * @throws ShapeError if the input does not fit the model.
 */
export function cost(build: () => Module, inputShape: readonly number[]): NetworkCost {
  return onDevice(meta, () => {
    const model = build().eval();
    const names = new Map(model.namedParameters().map(([name, parameter]) => [parameter, name]));
    const seen = new Set<Tensor>();
    const applications: AppliedOperator[] = [];
    const forward = () =>
      void scope(() =>
        noGrad(() => model.forward(new Tensor(empty(meta, { shape: inputShape, dtype: 'float32' })))),
      );
    observing(({ operator, record, inputs, output }) => {
      const { name, cost } = operator;
      const owned = inputs.filter((input) => input !== undefined && names.has(input)) as Tensor[];
      const fresh = owned.filter((parameter) => !seen.has(parameter));
      for (const parameter of fresh) seen.add(parameter);
      applications.push({
        operator: name,
        module: owned[0] && moduleOf(names.get(owned[0])!),
        parameters: fresh.reduce((sum, { length }) => sum + length, 0),
        record,
        outputShape: output.shape,
        cost: cost(record),
      });
    }, forward);
    const total = (part: keyof Cost) => applications.reduce((sum, { cost }) => sum + cost[part], 0);
    return {
      multiplyAccumulates: total('multiplyAccumulates'),
      otherOperations: total('otherOperations'),
      parameters: model.parameters().reduce((sum, { length }) => sum + length, 0),
      applications,
    };
  });
}

/** `layer1.0.conv1` of `layer1.0.conv1.weight`. */
function moduleOf(parameter: string): string {
  return parameter.slice(0, Math.max(0, parameter.lastIndexOf('.')));
}
