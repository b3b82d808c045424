/**
 * Normalisations, y = (x - mean) / sqrt(variance + eps) * weight + bias: what their operators share, whatever the mean and
 * variance are taken over.
 */

import { elements, empty, type Operand } from '../device/device.js';
import { OptionError, ShapeError } from '../errors.js';
import type { Tensor } from '../tensor/tensor.js';
import {
  type BackwardContext,
  type Channels,
  type Field,
  type Inputs,
  type Operator,
  ownChannel,
} from './_operator.js';

export interface NormalisationRecord {
  /** Of x. */
  readonly shape: readonly number[];
  /** Of weight and bias. */
  readonly parameterShape: readonly number[];
}

type AffineOperands = readonly [x: Operand, weight: Operand | undefined, bias: Operand | undefined];

/**
 * A normalisation by statistics of x itself, from its kernel's name, the shape of its statistics, and what an element of
 * the result reads.
 */
export function normalisationOperator<Record extends NormalisationRecord>(
  name: string,
  statisticsShape: (record: Record) => readonly number[],
  reads: (record: Record) => { readonly field: Field; readonly channels: Channels },
): Operator<Record, AffineOperands> {
  return {
    name,
    outputs(record) {
      const statistics = { shape: statisticsShape(record), dtype: 'float32' } as const;
      // Mean and 1 / sqrt(variance + eps).
      return [{ shape: record.shape, dtype: 'float32' }, statistics, statistics];
    },
    cost: ({ shape }) => ({ multiplyAccumulates: 0, otherOperations: 6 * elements(shape) }),
    field: (record, input) => (input === 0 ? reads(record).field : { kind: 'global' }),
    channels: (record, input) => (input === 0 ? reads(record).channels : ownChannel),
    forward(device, record, [x, weight, bias], [y, mean, inverseDeviation]) {
      device.run(name, record, { x, weight, bias, y, mean, inverseDeviation });
    },
    retain: () => ({ inputs: [0, 1], outputs: [1, 2] }),
    backward: (record, context) => normalisationGradients(`${name}Gradient`, record, context),
  };
}

/** The gradients of x, weight and bias by the kernel of that name. */
export function normalisationGradients<In extends Inputs<Operand>>(
  kernel: string,
  record: NormalisationRecord,
  { device, inputs: [x, weight], outputs: [, mean, inverseDeviation], gradient }: BackwardContext<In>,
): readonly [x: Operand, weight: Operand, bias: Operand] {
  const xGradient = empty(device, { shape: record.shape, dtype: 'float32' });
  const weightGradient = empty(device, { shape: record.parameterShape, dtype: 'float32' });
  const biasGradient = empty(device, { shape: record.parameterShape, dtype: 'float32' });
  device.run(kernel, record, {
    x,
    weight,
    mean,
    inverseDeviation,
    gradient,
    xGradient,
    weightGradient,
    biasGradient,
  });
  return [xGradient, weightGradient, biasGradient];
}

/** y = x * weight + bias after a normalisation; a weight that is not given is 1 everywhere, a bias 0. */
export interface Affine {
  readonly weight?: Tensor | undefined;
  readonly bias?: Tensor | undefined;
}

/** C of [N, ..., C] or a clear error. */
export function channelsOf(operator: string, shape: readonly number[]): number {
  const channels = shape.at(-1);
  if (shape.length < 2 || channels === undefined) {
    throw new ShapeError(`expects shape [N, ..., C], but the input has shape [${shape.join(', ')}]`, {
      operator,
      rule: 'rank',
      got: shape.length,
      expected: 'at least 2',
    });
  }
  return channels;
}

/** @throws ShapeError for the first parameter that is given and does not have shape [channels]. */
export function checkPerChannel(
  operator: string,
  channels: number,
  shapes: Readonly<Record<string, readonly number[] | undefined>>,
  what = 'input',
): void {
  for (const [name, given] of Object.entries(shapes)) {
    if (given === undefined || (given.length === 1 && given[0] === channels)) continue;
    throw new ShapeError(`${what} has ${channels} channels but ${name} has shape [${given.join(', ')}]`, {
      operator,
      rule: `${name} shape`,
      got: given,
      expected: [channels],
    });
  }
}

export function checkEps(operator: string, eps: number): void {
  if (eps >= 0) return;
  throw new OptionError(`eps must be at least 0, not ${eps}`, {
    operator,
    rule: 'eps',
    got: eps,
    expected: 'eps >= 0',
  });
}
