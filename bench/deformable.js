// Deformable convolution with a mask: forward, and all five gradients.

import { deformConv2dOperator, deformConv2dRecord } from '../packages/tenfold/dist/ops/deform-conv2d.js';
import { operand } from './measure.js';

const shapes = [
  ['deformable 64-64, 56x56, batch 1', [1, 56, 56, 64], 64],
  ['deformable 64-64, 56x56, batch 8', [8, 56, 56, 64], 64],
  ['deformable 256-256, 14x14, b. 8', [8, 14, 14, 256], 256],
];

export function deformableCases(device) {
  return shapes.flatMap(([name, xShape, outChannels]) => {
    const [batch, height, width, inChannels] = xShape;
    const shapesOf = {
      x: xShape,
      offset: [batch, height, width, 18],
      weight: [outChannels, inChannels, 3, 3],
      bias: [outChannels],
      mask: [batch, height, width, 9],
    };
    const record = deformConv2dRecord(shapesOf, { padding: 1 });
    const flop = 2 * batch * height * width * outChannels * inChannels * 9;
    const prepare =
      (...directions) =>
      () => {
        const inputs = Object.values(shapesOf).map((shape) => operand(device, shape));
        const [y, gradient] = [0, 1].map(() => operand(device, [batch, height, width, outChannels]));
        const backward = (...wanted) => {
          const gradients = deformConv2dOperator.backward(record, {
            device,
            inputs,
            outputs: [y],
            gradient,
            wanted,
          });
          for (const made of gradients) made?.storage.release();
        };
        const runs = {
          forward: () => deformConv2dOperator.forward(device, record, inputs, [y]),
          'input gradients': () => backward(true, true, false, false, true),
          'weight gradients': () => backward(false, false, true, true, false),
        };
        return {
          body: () => {
            for (const direction of directions) runs[direction]();
          },
          release: () => {
            for (const { storage } of [...inputs, y, gradient]) storage.release();
          },
        };
      };
    const single = ['forward', 'input gradients', 'weight gradients'];
    return [
      ...single.map((direction) => ({ name, direction, flop, prepare: prepare(direction) })),
      { name, direction: 'forward + backward', flop: 3 * flop, prepare: prepare(...single) },
    ];
  });
}
