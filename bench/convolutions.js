// Convolutions as networks have them, each direction by itself and all three together.

import { conv2dRecord } from '../packages/tenfold/dist/ops/conv2d.js';
import { operand } from './measure.js';

const shapes = [
  ['3x3 64-64, 56x56, batch 1', [1, 56, 56, 64], [64, 64, 3, 3], { padding: 1 }],
  ['3x3 64-64, 56x56, batch 8', [8, 56, 56, 64], [64, 64, 3, 3], { padding: 1 }],
  ['1x1 256-64, 56x56, batch 8', [8, 56, 56, 256], [64, 256, 1, 1], {}],
  ['1x1 64-256, 56x56, batch 8', [8, 56, 56, 64], [256, 64, 1, 1], {}],
  ['3x3 256-256, 14x14, batch 8', [8, 14, 14, 256], [256, 256, 3, 3], { padding: 1 }],
  ['3x3 512-512, 7x7, batch 8', [8, 7, 7, 512], [512, 512, 3, 3], { padding: 1 }],
  ['3x3/2 64-128, 56x56, batch 8', [8, 56, 56, 64], [128, 64, 3, 3], { padding: 1, stride: 2 }],
  ['7x7/2 3-64, 224x224, batch 8', [8, 224, 224, 3], [64, 3, 7, 7], { padding: 3, stride: 2 }],
  ['3x3 dilation 2, 256, 28x28, b. 4', [4, 28, 28, 256], [256, 256, 3, 3], { padding: 2, dilation: 2 }],
  ['1x1 3 groups, 240, 28x28, b. 8', [8, 28, 28, 240], [240, 80, 1, 1], { groups: 3 }],
  ['depthwise 144, 56x56, batch 1', [1, 56, 56, 144], [144, 1, 3, 3], { padding: 1, groups: 144 }],
  [
    'depthwise/2 144, 56x56, batch 1',
    [1, 56, 56, 144],
    [144, 1, 3, 3],
    { padding: 1, stride: 2, groups: 144 },
  ],
  ['depthwise 5x5 240, 28x28, batch 8', [8, 28, 28, 240], [240, 1, 5, 5], { padding: 2, groups: 240 }],
  ['depthwise 512, 14x14, batch 8', [8, 14, 14, 512], [512, 1, 3, 3], { padding: 1, groups: 512 }],
  ['depthwise 144, 56x56, batch 8', [8, 56, 56, 144], [144, 1, 3, 3], { padding: 1, groups: 144 }],
  [
    'depthwise/2 144, 56x56, batch 8',
    [8, 56, 56, 144],
    [144, 1, 3, 3],
    { padding: 1, stride: 2, groups: 144 },
  ],
];

export function convolutionCases(device) {
  return shapes.flatMap(([name, xShape, weightShape, options]) => {
    const record = conv2dRecord(xShape, weightShape, undefined, options);
    const { batch, outHeight, outWidth, outChannels, inChannels, groups, kernelHeight, kernelWidth } = record;
    const yShape = [batch, outHeight, outWidth, outChannels];
    const flop =
      2 * batch * outHeight * outWidth * outChannels * (inChannels / groups) * kernelHeight * kernelWidth;
    const prepare =
      (...directions) =>
      () => {
        const [x, weight, y] = [xShape, weightShape, yShape].map((shape) => operand(device, shape));
        const [xGradient, weightGradient] = [xShape, weightShape].map((shape) => operand(device, shape));
        const runs = {
          forward: () => device.run('conv2d', record, { x, weight, y }),
          'input gradient': () =>
            device.run('conv2dInputGradient', record, { gradient: y, weight, xGradient }),
          'weight gradient': () =>
            device.run('conv2dWeightGradient', record, { x, gradient: y, weightGradient }),
        };
        return {
          body: () => {
            for (const direction of directions) runs[direction]();
          },
          release: () => {
            for (const { storage } of [x, weight, y, xGradient, weightGradient]) storage.release();
          },
        };
      };
    const single = ['forward', 'input gradient', 'weight gradient'];
    return [
      ...single.map((direction) => ({ name, direction, flop, prepare: prepare(direction) })),
      { name, direction: 'forward + backward', flop: 3 * flop, prepare: prepare(...single) },
    ];
  });
}
