/** What a network costs, counted without computing it: it runs on the meta device, and each operator says what it takes. */

import type { Module } from '../nn/module.js';
import type { Cost } from '../ops/_operator.js';
import { type Trace, type TracedStep, trace } from './trace.js';

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
  return costOf(trace(build, inputShape));
}

export function costOf({ steps, parameters }: Trace): NetworkCost {
  const fresh = freshParameters(steps);
  const applications = steps.map(({ index, operator, record, inputs, output }) => {
    const name = inputs.find((input) => input?.role === 'parameter')?.name;
    return {
      operator: operator.name,
      module: name?.slice(0, Math.max(0, name.lastIndexOf('.'))),
      parameters: fresh[index]!,
      record,
      outputShape: output.shape,
      cost: operator.cost(record),
    };
  });
  const total = (part: keyof Cost) => applications.reduce((sum, { cost }) => sum + cost[part], 0);
  return {
    multiplyAccumulates: total('multiplyAccumulates'),
    otherOperations: total('otherOperations'),
    parameters,
    applications,
  };
}

/** For each step how many numbers those of its parameters hold that no step before it has read. */
export function freshParameters(steps: readonly TracedStep[]): number[] {
  const seen = new Set<number>();
  return steps.map(({ inputs }) => {
    let numbers = 0;
    for (const input of inputs) {
      if (input?.role !== 'parameter' || seen.has(input.index)) continue;
      seen.add(input.index);
      numbers += input.shape.reduce((product, side) => product * side, 1);
    }
    return numbers;
  });
}
