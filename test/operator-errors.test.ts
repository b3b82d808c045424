/** What operators say when shapes or options do not fit: every message, with its numbers and its fields. */

import {
  add,
  batchNorm,
  concat,
  conv2d,
  crossEntropy,
  deformConv2d,
  dropout,
  flatten,
  full,
  globalAvgPool,
  linear,
  matmul,
  maxPool2d,
  mean,
  OptionError,
  reshape,
  ShapeError,
  softmax,
  sum,
  TenfoldError,
  type Tensor,
  tensor,
} from 'tenfold';
import { expect, test } from 'vitest';
import { meta, onDevice } from './devices.js';

const of = (...shape: number[]) => onDevice(meta, () => full(shape, 0));
const labels = (...shape: number[]) =>
  onDevice(meta, () => tensor(new Int32Array(shape.reduce((product, side) => product * side, 1)), shape));
const normalise = (x: Tensor, channels: number, options = {}) =>
  batchNorm(
    x,
    { weight: of(channels), bias: of(channels), runningMean: of(channels), runningVar: of(channels) },
    { training: true, ...options },
  );

type Refusal = readonly [
  message: string,
  call: () => unknown,
  kind: typeof ShapeError | typeof OptionError,
  rule: string,
  got?: unknown,
  expected?: unknown,
];

const refusals: readonly Refusal[] = [
  [
    'conv2d: input has 48 channels but weight [64, 16, 3, 3] with groups 4 expects 64',
    () => conv2d(of(1, 8, 8, 48), of(64, 16, 3, 3), undefined, { groups: 4 }),
    ShapeError,
    'input channels',
    48,
    64,
  ],
  [
    'conv2d: expects images of shape [N, H, W, C], but the input has shape [8, 8, 3]',
    () => conv2d(of(8, 8, 3), of(4, 3, 3, 3)),
    ShapeError,
    'rank',
    3,
    4,
  ],
  [
    'conv2d: the weight must have shape [out channels, in channels / groups, height, width], not [4, 3, 3]',
    () => conv2d(of(1, 8, 8, 3), of(4, 3, 3)),
    ShapeError,
    'weight rank',
    3,
    4,
  ],
  [
    'conv2d: bias has shape [5] but there are 4 output channels',
    () => conv2d(of(1, 8, 8, 3), of(4, 3, 3, 3), of(5)),
    ShapeError,
    'bias shape',
    [5],
    [4],
  ],
  [
    'conv2d: groups must be a whole number that divides the 64 output channels, not 3',
    () => conv2d(of(1, 8, 8, 48), of(64, 16, 3, 3), undefined, { groups: 3 }),
    OptionError,
    'groups',
    3,
  ],
  [
    'conv2d: stride must be a whole number from 1 up, or a pair [vertical, horizontal] of them, not [1,0]',
    () => conv2d(of(1, 8, 8, 3), of(4, 3, 3, 3), undefined, { stride: [1, 0] }),
    OptionError,
    'stride',
    [1, 0],
  ],
  [
    'conv2d: padding must be a whole number from 0 up, or a pair [vertical, horizontal] of them, not -1',
    () => conv2d(of(1, 8, 8, 3), of(4, 3, 3, 3), undefined, { padding: -1 }),
    OptionError,
    'padding',
    -1,
  ],
  [
    'conv2d: dilation must be a whole number from 1 up, or a pair [vertical, horizontal] of them, not 1.5',
    () => conv2d(of(1, 8, 8, 3), of(4, 3, 3, 3), undefined, { dilation: 1.5 }),
    OptionError,
    'dilation',
    1.5,
  ],
  [
    "conv2d: padding 'same' needs stride 1, but stride is [2, 1]; give the padding as a number",
    () => conv2d(of(1, 8, 8, 3), of(4, 3, 3, 3), undefined, { stride: [2, 1], padding: 'same' }),
    OptionError,
    "padding 'same'",
    [2, 1],
    [1, 1],
  ],
  [
    'conv2d: a window of height 11 (kernel 3, dilation 5) does not fit into 9 (input 7, padding 1); pad more or use a smaller kernel',
    () => conv2d(of(1, 7, 20, 3), of(4, 3, 3, 3), undefined, { padding: 1, dilation: 5 }),
    ShapeError,
    'window height',
    11,
    9,
  ],
  [
    'deformConv2d: offset [1, 6, 6, 20] must have 2 * 9 channels for each offset group, and the number of offset groups must divide the 3 input channels',
    () => deformConv2d(of(1, 8, 8, 3), of(1, 6, 6, 20), of(4, 3, 3, 3)),
    ShapeError,
    'offset channels',
    20,
    'a multiple of 18',
  ],
  [
    'deformConv2d: offset has shape [1, 8, 6, 18], but the output positions and taps need [1, 6, 6, 18]',
    () => deformConv2d(of(1, 8, 8, 3), of(1, 8, 6, 18), of(4, 3, 3, 3)),
    ShapeError,
    'offset shape',
    [1, 8, 6, 18],
    [1, 6, 6, 18],
  ],
  [
    'deformConv2d: mask has shape [1, 6, 6, 18], but the output positions and taps need [1, 6, 6, 9]',
    () => deformConv2d(of(1, 8, 8, 3), of(1, 6, 6, 18), of(4, 3, 3, 3), undefined, { mask: of(1, 6, 6, 18) }),
    ShapeError,
    'mask shape',
    [1, 6, 6, 18],
    [1, 6, 6, 9],
  ],
  [
    'deformConv2d: input has 5 channels but weight [4, 3, 3, 3] with groups 1 expects 3',
    () => deformConv2d(of(1, 8, 8, 5), of(1, 6, 6, 18), of(4, 3, 3, 3)),
    ShapeError,
    'input channels',
    5,
    3,
  ],
  [
    'maxPool2d: a window of width 3 (kernel 3, dilation 1) does not fit into 2 (input 2, padding 0)',
    () => maxPool2d(of(1, 5, 2, 3), { kernelSize: 3 }),
    ShapeError,
    'window width',
    3,
    2,
  ],
  [
    'maxPool2d: padding [1, 2] is more than half the kernel [2, 3], so some windows would see no pixel',
    () => maxPool2d(of(1, 9, 9, 3), { kernelSize: [2, 3], padding: [1, 2] }),
    OptionError,
    'padding',
    [1, 2],
    [1, 1],
  ],
  [
    'linear: input [2, 7] ends in 7 features but weight [10, 64] expects 64',
    () => linear(of(2, 7), of(10, 64)),
    ShapeError,
    'input features',
    7,
    64,
  ],
  [
    'linear: the weight must have shape [out, in], not [10]',
    () => linear(of(2, 7), of(10)),
    ShapeError,
    'weight rank',
    1,
    2,
  ],
  [
    'linear: bias has shape [9] but there are 10 outputs',
    () => linear(of(2, 7), of(10, 7), of(9)),
    ShapeError,
    'bias shape',
    [9],
    [10],
  ],
  [
    'matmul: [2, 3] and [4, 5] do not multiply: expected [..., K] of at least two axes and [K, N] with the same K',
    () => matmul(of(2, 3), of(4, 5)),
    ShapeError,
    'inner size',
    3,
    4,
  ],
  [
    'globalAvgPool: expects images of shape [N, H, W, C], but the input has shape [2, 3]',
    () => globalAvgPool(of(2, 3)),
    ShapeError,
    'rank',
    2,
    4,
  ],
  [
    'batchNorm: input has 3 channels but weight has shape [4]',
    () => normalise(of(2, 5, 5, 3), 4),
    ShapeError,
    'weight shape',
    [4],
    [3],
  ],
  [
    'batchNorm: expects shape [N, ..., C], but the input has shape [3]',
    () => normalise(of(3), 3),
    ShapeError,
    'rank',
    1,
  ],
  [
    'batchNorm: expects more than one value per channel in training, but the input has shape [1, 1, 1, 3]',
    () => normalise(of(1, 1, 1, 3), 3),
    ShapeError,
    'values per channel',
    1,
  ],
  [
    'batchNorm: eps must be at least 0 and momentum between 0 and 1, not -1 and 0.1',
    () => normalise(of(2, 1, 1, 3), 3, { eps: -1 }),
    OptionError,
    'eps and momentum',
    [-1, 0.1],
  ],
  [
    'softmax: expects scores of shape [..., classes] with at least one class, not [2, 0]',
    () => softmax(of(2, 0)),
    ShapeError,
    'classes',
    [2, 0],
  ],
  [
    'crossEntropy: logits [2, 4, 5, 3] need labels of shape [2, 4, 5], not [2, 5, 4]',
    () => crossEntropy(of(2, 4, 5, 3), labels(2, 5, 4)),
    ShapeError,
    'labels shape',
    [2, 5, 4],
    [2, 4, 5],
  ],
  [
    'crossEntropy: labelSmoothing must lie between 0 and 1, not 1.5',
    () => crossEntropy(of(2, 3), labels(2), { labelSmoothing: 1.5 }),
    OptionError,
    'labelSmoothing',
    1.5,
  ],
  [
    'add: shapes [2, 3, 4] and [2, 1] do not broadcast: along axis -2 3 meets 2, and neither is 1',
    () => add(of(2, 3, 4), of(2, 1)),
    ShapeError,
    'broadcast',
    2,
    3,
  ],
  [
    'sum: axis 3 does not exist in shape [2, 3], which has 2 axes',
    () => sum(of(2, 3), { axes: [3] }),
    OptionError,
    'axis',
    3,
  ],
  [
    'mean: axis 1 is given twice in [1, -1]',
    () => mean(of(2, 3), { axes: [1, -1] }),
    OptionError,
    'axes',
    [1, -1],
  ],
  [
    'reshape: [2, 3] has 6 elements, which do not fit shape [4, -1]; one side may be -1',
    () => reshape(of(2, 3), [4, -1]),
    ShapeError,
    'number of elements',
    [4, -1],
    6,
  ],
  [
    'flatten: expects shape [N, ..., C], but the input has shape [3]',
    () => flatten(of(3)),
    ShapeError,
    'rank',
    1,
  ],
  [
    'concat: tensor 1 has shape [2, 4, 3, 5], which differs from [2, 3, 3, 5] elsewhere than along axis 3',
    () => concat([of(2, 3, 3, 5), of(2, 4, 3, 5)]),
    ShapeError,
    'shapes',
    [2, 4, 3, 5],
    [2, 3, 3, 5],
  ],
  [
    'concat: there is nothing to concatenate; give at least one tensor',
    () => concat([]),
    ShapeError,
    'number of tensors',
    0,
  ],
  [
    'dropout: p must be at least 0 and below 1, not 1',
    () => dropout(of(2, 3), { p: 1, training: true }),
    OptionError,
    'p',
    1,
  ],
  [
    'tensor: 5 values do not fill shape [2, 3], which has 6 elements',
    () => tensor([1, 2, 3, 4, 5], [2, 3], { device: meta }),
    ShapeError,
    'number of values',
    5,
    6,
  ],
  [
    'tensor: a shape is a list of whole numbers from 0 up, not [2, -3]',
    () => tensor([1], [2, -3], { device: meta }),
    ShapeError,
    'shape',
    [2, -3],
  ],
];

test.for(refusals)('%s', ([message, call, kind, rule, got, expected]) => {
  let error: unknown;
  try {
    call();
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(kind);
  expect(error).toBeInstanceOf(TenfoldError);
  expect((error as TenfoldError).message).toContain(message);
  const { details } = error as ShapeError;
  expect(details.operator).toBe(message.split(':')[0]);
  expect(details.rule).toBe(rule);
  expect(details.got).toEqual(got);
  if (expected !== undefined) expect(details.expected).toEqual(expected);
});
