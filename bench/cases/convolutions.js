// Convolutions as networks have them: those of the published residual, dense, mobile and dilated networks.

import { conv2d, convTranspose2d, deformConv2d, linear, matmul } from '../../packages/tenfold/dist/index.js';
import { data, operatorCase, parameter } from './case.js';

const group = 'convolutions';

const shapes = [
  ['3x3 64-64, 56x56, batch 1', [1, 56, 56, 64], [64, 64, 3, 3], { padding: 1 }],
  ['3x3 64-64, 56x56, batch 8', [8, 56, 56, 64], [64, 64, 3, 3], { padding: 1 }],
  ['3x3 128-128, 28x28, batch 8', [8, 28, 28, 128], [128, 128, 3, 3], { padding: 1 }],
  ['3x3 256-256, 14x14, batch 8', [8, 14, 14, 256], [256, 256, 3, 3], { padding: 1 }],
  ['3x3 512-512, 7x7, batch 8', [8, 7, 7, 512], [512, 512, 3, 3], { padding: 1 }],
  ['3x3 dilation 2 256-256, 28x28, batch 4', [4, 28, 28, 256], [256, 256, 3, 3], { padding: 2, dilation: 2 }],
  ['1x1 256-64, 56x56, batch 8', [8, 56, 56, 256], [64, 256, 1, 1], {}],
  ['1x1 64-256, 56x56, batch 8', [8, 56, 56, 64], [256, 64, 1, 1], {}],
  ['1x1 1024-256, 14x14, batch 8', [8, 14, 14, 1024], [256, 1024, 1, 1], {}],
  ['1x1 512-2048, 7x7, batch 8', [8, 7, 7, 512], [2048, 512, 1, 1], {}],
  ['1x1 in 3 groups 240-240, 28x28, batch 8', [8, 28, 28, 240], [240, 80, 1, 1], { groups: 3 }],
  ['3x3/2 64-128, 56x56, batch 8', [8, 56, 56, 64], [128, 64, 3, 3], { padding: 1, stride: 2 }],
  ['3x3/2 256-512, 14x14, batch 8', [8, 14, 14, 256], [512, 256, 3, 3], { padding: 1, stride: 2 }],
  ['3x3 3-32, 112x112, batch 8', [8, 112, 112, 3], [32, 3, 3, 3], { padding: 1 }],
  ['7x7/2 3-64, 224x224, batch 8', [8, 224, 224, 3], [64, 3, 7, 7], { padding: 3, stride: 2 }],
  ['depthwise 3x3 144, 56x56, batch 1', [1, 56, 56, 144], [144, 1, 3, 3], { padding: 1, groups: 144 }],
  ['depthwise 3x3 144, 56x56, batch 8', [8, 56, 56, 144], [144, 1, 3, 3], { padding: 1, groups: 144 }],
  [
    'depthwise 3x3/2 144, 56x56, batch 1',
    [1, 56, 56, 144],
    [144, 1, 3, 3],
    { padding: 1, stride: 2, groups: 144 },
  ],
  [
    'depthwise 3x3/2 144, 56x56, batch 8',
    [8, 56, 56, 144],
    [144, 1, 3, 3],
    { padding: 1, stride: 2, groups: 144 },
  ],
  ['depthwise 3x3 512, 14x14, batch 8', [8, 14, 14, 512], [512, 1, 3, 3], { padding: 1, groups: 512 }],
  ['depthwise 5x5 240, 28x28, batch 8', [8, 28, 28, 240], [240, 1, 5, 5], { padding: 2, groups: 240 }],
];

const plain = shapes.map(([name, x, weight, options]) =>
  operatorCase({
    group,
    name,
    inputs: [data(x), parameter(weight)],
    apply: (...tensors) => conv2d(...tensors, undefined, options),
  }),
);

const deformable = [
  ['deformable 3x3 64-64, 56x56, batch 1', [1, 56, 56], 64],
  ['deformable 3x3 64-64, 56x56, batch 8', [8, 56, 56], 64],
  ['deformable 3x3 256-256, 14x14, batch 8', [8, 14, 14], 256],
].map(([name, pixels, channels]) =>
  operatorCase({
    group,
    name,
    inputs: [
      data([...pixels, channels]),
      data([...pixels, 18]),
      parameter([channels, channels, 3, 3]),
      parameter([channels]),
      data([...pixels, 9]),
    ],
    apply: (x, offset, weight, bias, mask) => deformConv2d(x, offset, weight, bias, { mask, padding: 1 }),
  }),
);

export const convolutions = [
  ...plain,
  ...deformable,
  operatorCase({
    group,
    name: 'transposed 2x2/2 128-64, 28x28, batch 8',
    inputs: [data([8, 28, 28, 128]), parameter([128, 64, 2, 2]), parameter([64])],
    apply: (...tensors) => convTranspose2d(...tensors, { stride: 2 }),
  }),
  operatorCase({
    group,
    name: 'linear 2048-1000, batch 64',
    inputs: [data([64, 2048]), parameter([1000, 2048]), parameter([1000])],
    apply: linear,
  }),
  operatorCase({
    group,
    name: 'matmul 1024x512 by 512x1024',
    inputs: [data([1024, 512]), parameter([512, 1024])],
    apply: matmul,
  }),
];
