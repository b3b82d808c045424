import {
  type Activation,
  type BatchNormOptions,
  batchNorm,
  hardsigmoid,
  hardswish,
  leakyRelu,
  relu,
  relu6,
  sigmoid,
  silu,
} from 'tenfold';
import type { Case } from './_case.js';

interface Normalisation {
  readonly name: string;
  readonly x: readonly number[];
  readonly options: BatchNormOptions;
  /** The inputs that want no gradient. */
  readonly frozen?: readonly string[];
  /** Whether something is added before the activation. @default false */
  readonly residual?: boolean;
  /** @default true */
  readonly smooth?: boolean;
}

const activations: Readonly<Record<string, Activation>> = {
  relu,
  relu6,
  hardswish,
  silu,
  hardsigmoid,
  sigmoid,
  'a function that kernels do not know': (x) => leakyRelu(x, { negativeSlope: 0.2 }),
};

const normalisations: readonly Normalisation[] = [
  { name: 'training', x: [2, 6, 7, 5], options: { training: true } },
  { name: 'evaluation', x: [2, 4, 3, 6], options: { training: false } },
  {
    name: 'training with other constants',
    x: [3, 4, 5, 7],
    options: { training: true, momentum: 0.3, eps: 1e-3 },
  },
  { name: 'evaluation with another eps', x: [1, 5, 4, 3], options: { training: false, eps: 1e-2 } },
  { name: 'training with momentum 1', x: [2, 3, 4, 3], options: { training: true, momentum: 1 } },
  { name: 'training with momentum 0', x: [2, 3, 4, 3], options: { training: true, momentum: 0 } },
  { name: 'training on rows', x: [8, 6], options: { training: true } },
  { name: 'training on five axes', x: [2, 3, 2, 4, 3], options: { training: true } },
  { name: 'training, one channel', x: [2, 5, 3, 1], options: { training: true } },
  { name: 'evaluation of a single row', x: [1, 9], options: { training: false } },
  { name: 'evaluation of a batch of none', x: [0, 4, 3, 5], options: { training: false } },
  { name: 'training on a batch of none', x: [0, 4, 3, 5], options: { training: true } },
  { name: 'large, training', x: [2, 23, 30, 67], options: { training: true } },
  { name: 'large, evaluation', x: [2, 23, 30, 67], options: { training: false } },
  {
    name: 'the gradient of x alone',
    x: [2, 4, 5, 3],
    options: { training: true },
    frozen: ['weight', 'bias'],
  },
  {
    name: 'the gradients of weight and bias alone',
    x: [2, 4, 5, 3],
    options: { training: true },
    frozen: ['x'],
  },
  ...Object.entries(activations).flatMap(([name, activation]) => [
    { name: `training, then ${name}`, x: [2, 6, 7, 5], options: { training: true, activation } },
    {
      name: `training with a residual, then ${name}`,
      x: [2, 6, 7, 7],
      options: { training: true, activation },
      residual: true,
    },
    {
      name: `evaluation with a residual, then ${name}`,
      x: [2, 3, 7, 12],
      options: { training: false, activation },
      residual: true,
    },
    {
      name: `large, then ${name}`,
      x: [1, 37, 41, 22],
      options: { training: true, activation },
      // Among so many elements some are at a kink.
      smooth: activation === silu || activation === sigmoid,
    },
  ]),
  { name: 'a residual without activation', x: [2, 4, 3, 6], options: { training: true }, residual: true },
  {
    name: 'a residual that wants no gradient',
    x: [2, 4, 3, 6],
    options: { training: true, activation: relu },
    residual: true,
    frozen: ['residual'],
  },
  {
    name: 'the gradient of the residual alone',
    x: [2, 4, 3, 6],
    options: { training: true, activation: silu },
    residual: true,
    frozen: ['x', 'weight', 'bias'],
  },
  {
    name: 'a batch of none with a residual',
    x: [0, 4, 3, 6],
    options: { training: true, activation: hardswish },
    residual: true,
  },
  {
    name: 'more channels than are gone over at once',
    x: [2, 1, 3, 2055],
    options: { training: true, activation: silu },
    residual: true,
  },
];

export const cases: readonly Case[] = normalisations.map(
  ({ name, x, options, frozen = [], residual, smooth }) => {
    const shape = [x.at(-1)!];
    // Wide enough for the upper limits of activations.
    const values = options.activation && ({ from: -5, to: 5 } as const);
    return {
      name,
      inputs: {
        x: { shape: x, gradient: !frozen.includes('x') },
        weight: { shape, values: 'positive', gradient: !frozen.includes('weight') },
        bias: { shape, ...(values && { values }), gradient: !frozen.includes('bias') },
        runningMean: { shape, gradient: false },
        runningVar: { shape, values: 'positive', gradient: false },
        ...(residual && {
          residual: { shape: x, ...(values && { values }), gradient: !frozen.includes('residual') },
        }),
      },
      apply: ({ x, weight, bias, runningMean, runningVar, residual }) =>
        batchNorm(
          x!,
          { weight: weight!, bias: bias!, runningMean: runningMean!, runningVar: runningVar! },
          { ...options, residual },
        ),
      output: x,
      ...(smooth !== undefined && { smooth }),
      mutates: options.training && options.momentum !== 0 && x[0]! > 0 ? ['runningMean', 'runningVar'] : [],
    };
  },
);
