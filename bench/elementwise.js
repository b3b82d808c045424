// Elementwise operators on a large activation, each direction by itself. One operation is counted for each element, so
// GFLOP/s are billions of elements a second.

import { clampOperator } from '../packages/tenfold/dist/ops/clamp.js';
import { expOperator } from '../packages/tenfold/dist/ops/exp.js';
import { hardswishOperator } from '../packages/tenfold/dist/ops/hardswish.js';
import { logOperator } from '../packages/tenfold/dist/ops/log.js';
import { powOperator } from '../packages/tenfold/dist/ops/pow.js';
import { reluOperator } from '../packages/tenfold/dist/ops/relu.js';
import { sigmoidOperator } from '../packages/tenfold/dist/ops/sigmoid.js';
import { siluOperator } from '../packages/tenfold/dist/ops/silu.js';
import { tanhOperator } from '../packages/tenfold/dist/ops/tanh.js';
import { operand } from './measure.js';

const shape = [8, 112, 112, 96];
const length = shape.reduce((product, side) => product * side);

const operators = [
  [reluOperator, {}],
  [clampOperator, { min: -0.5, max: 0.5 }],
  [hardswishOperator, {}],
  [sigmoidOperator, {}],
  [tanhOperator, {}],
  [siluOperator, {}],
  [expOperator, {}],
  [logOperator, {}],
  [powOperator, { exponent: 2 }],
  [powOperator, { exponent: 1.5 }],
];

export function elementwiseCases(device) {
  return operators.flatMap(([operator, options]) => {
    const record = { ...options, shape, length };
    const name = [operator.name, ...Object.values(options)].join(' ');
    const prepare = (run) => () => {
      const [x, y, gradient] = [shape, shape, shape].map((each) => operand(device, each));
      return {
        body: () => run(x, y, gradient),
        release: () => {
          for (const { storage } of [x, y, gradient]) storage.release();
        },
      };
    };
    const forward = (x, y) => operator.forward(device, record, [x], [y]);
    const backward = (x, y, gradient) => {
      const context = { device, inputs: [x], outputs: [y], gradient, wanted: [true] };
      for (const made of operator.backward(record, context)) made.storage.release();
    };
    return [
      { name, direction: 'forward', flop: length, prepare: prepare(forward) },
      { name, direction: 'backward', flop: length, prepare: prepare(backward) },
    ];
  });
}
