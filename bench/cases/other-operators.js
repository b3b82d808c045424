// Every operator but convolutions and products, once, on an activation that no cache holds.

import {
  abs,
  adaptiveAvgPool2d,
  add,
  argmax,
  avgPool2d,
  batchNorm,
  binaryCrossEntropyWithLogits,
  channelShuffle,
  clamp,
  concat,
  crossEntropy,
  div,
  dropout,
  exp,
  flatten,
  globalAvgPool,
  groupNorm,
  hardsigmoid,
  hardswish,
  interpolate,
  layerNorm,
  leakyRelu,
  log,
  max,
  maxPool2d,
  mean,
  mse,
  mul,
  pad,
  permute,
  pow,
  relu,
  relu6,
  reshape,
  sigmoid,
  silu,
  slice,
  softmax,
  split,
  sqrt,
  sub,
  sum,
  tanh,
  topK,
} from '../../packages/tenfold/dist/index.js';
import { buffer, data, labels, operatorCase, parameter } from './case.js';

const group = 'other operators';
const large = [8, 112, 112, 96];
const channels = large[3];
const scores = [1024, 1000];

/** Of one tensor, drawn from -1 to 1 unless said otherwise. */
const unary = [
  [abs],
  [clamp, { min: -0.5, max: 0.5 }],
  [dropout, { p: 0.5, training: true, key: { seed: 1, purpose: 'bench' } }],
  [exp],
  [hardsigmoid],
  [hardswish],
  [leakyRelu],
  [log, undefined, 'positive'],
  [pow, 1.5, 'positive'],
  [relu],
  [relu6],
  [sigmoid],
  [silu],
  [sqrt, undefined, 'positive'],
  [tanh],
  [adaptiveAvgPool2d, { outputSize: 7 }],
  [argmax],
  [avgPool2d, { kernelSize: 2 }],
  [channelShuffle, { groups: 3 }],
  [flatten],
  [globalAvgPool],
  [interpolate, { scaleFactor: 2, mode: 'bilinear' }, 'even', [8, 56, 56, 96]],
  [max, { axes: [3] }],
  [maxPool2d, { kernelSize: 3, stride: 2, padding: 1 }],
  [mean, { axes: [3] }],
  [pad, { padding: 1 }],
  [permute, [0, 3, 1, 2]],
  [reshape, [8, -1]],
  [slice, { axis: 3, start: 32, end: 64 }],
  [softmax, undefined, 'even', scores],
  [split, { axis: 3, sizes: 48 }],
  [sum, { axes: [0, 1, 2] }],
  [topK, 5, 'even', scores],
].map(([operator, options, values, shape = large]) =>
  operatorCase({
    group,
    name: `${operator.name}, ${shape.join('x')}`,
    inputs: [data(shape, values)],
    apply: (x) => operator(x, options),
  }),
);

const binary = [
  [add, [large, large]],
  [sub, [large, large]],
  [mul, [large, large]],
  [mul, [large, [8, 1, 1, channels]], ' by a factor for each channel'],
  [div, [large, large], '', 'positive'],
  [mse, [large, large]],
  [binaryCrossEntropyWithLogits, [large, large], '', 'positive'],
].map(([operator, shapes, remark = '', values]) =>
  operatorCase({
    group,
    name: `${operator.name}${remark}, ${large.join('x')}`,
    inputs: shapes.map((shape) => data(shape, values)),
    apply: operator,
  }),
);

const normalising = [
  [
    'batchNorm in training',
    [buffer([channels]), buffer([channels], 'positive')],
    (x, weight, bias, runningMean, runningVar) =>
      batchNorm(x, { weight, bias, runningMean, runningVar }, { training: true }),
  ],
  [
    'batchNorm',
    [buffer([channels]), buffer([channels], 'positive')],
    (x, weight, bias, runningMean, runningVar) =>
      batchNorm(x, { weight, bias, runningMean, runningVar }, { training: false }),
  ],
  ['groupNorm', [], (x, weight, bias) => groupNorm(x, { weight, bias }, { numGroups: 8 })],
  ['layerNorm', [], (x, weight, bias) => layerNorm(x, { weight, bias }, { normalizedShape: channels })],
].map(([operator, statistics, apply]) =>
  operatorCase({
    group,
    name: `${operator}, ${large.join('x')}`,
    inputs: [data(large), parameter([channels]), parameter([channels]), ...statistics],
    apply,
  }),
);

export const otherOperators = [
  ...unary,
  ...binary,
  ...normalising,
  operatorCase({
    group,
    name: `concat of two, ${large.join('x')}`,
    inputs: [data([8, 112, 112, 48]), data([8, 112, 112, 48])],
    apply: (...parts) => concat(parts),
  }),
  operatorCase({
    group,
    name: `crossEntropy, ${scores.join('x')}`,
    inputs: [data(scores), labels([scores[0]], scores[1])],
    apply: crossEntropy,
  }),
];
