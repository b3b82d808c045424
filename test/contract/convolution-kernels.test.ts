/** Which kernels really compute each case of a convolution; and large tensors, too large for a table of cases. */

import { conv2d, linear, uniform } from 'tenfold';
import { describe, expect, test } from 'vitest';
import { trialOf } from '../cases/_case.js';
import { cases } from '../cases/conv2d.js';
import { wasm } from '../devices.js';
import { exactWasm } from '../exact-device.js';
import { phasesRun } from '../kernels-run.js';
import { expectClose } from './expect-close.js';
import { outcome, perform, type Trial } from './trial.js';

/** The kernels of convolutions that `device` runs, forward and backward. */
function kernelsRun(device: typeof wasm, trial: Trial): string[] {
  const run = phasesRun(device, () => perform(device, trial).dispose());
  const kernels = new Set(run.map(({ kernel }) => kernel));
  return [...kernels].filter((name) => /conv2d/i.test(name)).sort();
}

const directions = ['', 'InputGradient', 'WeightGradient'];
const wanted = ({ inputs }: (typeof cases)[number]) =>
  directions.filter((_, index) => index === 0 || inputs[index === 1 ? 'x' : 'weight']!.gradient !== false);

const methodOf = (name: string) =>
  /^Winograd|^large 3x3$|^large dilated$/.test(name)
    ? 'winogradConv2d'
    : /depthwise(?! with two)/.test(name)
      ? 'depthwiseConv2d'
      : /(^|, )few pixels|^images of one pixel$/.test(name)
        ? 'fewRowsConv2d'
        : 'conv2d';

const kernelsOf = (it: (typeof cases)[number], method: string) =>
  wanted(it).map((direction) =>
    direction === 'WeightGradient' && it.name.startsWith('fours in groups')
      ? 'groupedConv2dWeightGradient'
      : method + direction,
  );

describe.each(cases)('$name', (it) => {
  test('default', () => {
    const method = methodOf(it.name);
    expect(kernelsRun(wasm, trialOf('conv2d', it))).toEqual(kernelsOf(it, method));
  });

  test('exact', () => {
    const method = methodOf(it.name).replace('winogradConv2d', 'conv2d');
    expect(kernelsRun(exactWasm, trialOf('conv2d', it))).toEqual(kernelsOf(it, method));
  });
});

test.each([
  { rows: [1, 16], kernels: 'fewRowsConv2d' },
  { rows: [2, 8], kernels: 'fewRowsConv2d' },
  { rows: [17], kernels: 'conv2d' },
])('linear layers of $rows rows run $kernels', ({ rows, kernels }) => {
  const draw = (shape: readonly number[]) => ({
    shape,
    data: new Float32Array(shape.reduce((product, side) => product * side, 1)).fill(0.5),
    gradient: true,
  });
  const trial: Trial = {
    inputs: { x: draw([...rows, 6]), weight: draw([3, 6]) },
    apply: (inputs) => linear(inputs.x!, inputs.weight!),
    outputGradient: (shape) => draw(shape).data,
  };
  expect(kernelsRun(wasm, trial)).toEqual(directions.map((direction) => kernels + direction));
});

/** Input and output have 2^21 numbers or more, from which on kernels read ahead (lib/depthwise.ts). */
describe.each([
  { name: 'stride 1', image: [60, 62, 32], options: { padding: 1 } },
  { name: 'stride 2', image: [84, 82, 32], options: { padding: 1, stride: 2 } },
])('large depthwise, $name', ({ image, options }) => {
  const batch = 9;
  const channels = image[2]!;
  const draw = (shape: readonly number[]) =>
    uniform(
      shape.reduce((product, side) => product * side, 1),
      -1,
      1,
      { seed: 1, purpose: `large depthwise ${shape}` },
    );
  const x = draw([batch, ...image]);
  const weight = draw([channels, 1, 3, 3]);
  /** Of images [first, first + count) of the batch. */
  const trial = (first: number, count: number): Trial => {
    const part = (values: Float32Array) =>
      values.slice((first * values.length) / batch, ((first + count) * values.length) / batch);
    return {
      inputs: {
        x: { shape: [count, ...image], data: part(x), gradient: true },
        weight: { shape: [channels, 1, 3, 3], data: weight, gradient: true },
      },
      apply: (inputs) => conv2d(inputs.x!, inputs.weight!, undefined, { ...options, groups: channels }),
      outputGradient: ([, ...shape]) => part(draw([batch, ...shape])),
    };
  };
  const workingPhase = (of: Trial) =>
    phasesRun(wasm, () => perform(wasm, of).dispose())
      .filter(({ kernel }) => kernel.startsWith('depthwise'))
      .map(({ kernel, phase }) => `${kernel} ${phase}`);
  const phases = (working: number) => [
    ...['depthwiseConv2d', 'depthwiseConv2dInputGradient'].flatMap((it) => [`${it} 0`, `${it} ${working}`]),
    ...[0, working, 3].map((phase) => `depthwiseConv2dWeightGradient ${phase}`),
  ];

  test('is computed by a phase of its own', () => {
    expect(workingPhase(trial(0, batch))).toEqual(phases(2));
    expect(workingPhase(trial(0, 1))).toEqual(phases(1));
  });

  test('has the results of its images, each by itself', async () => {
    const whole = await outcome(wasm, trial(0, batch));
    const weightGradient = new Float64Array(weight.length);
    for (let first = 0; first < batch; first++) {
      const alone = await outcome(wasm, trial(first, 1));
      for (const name of ['y', 'gradient(x)']) {
        const { data } = alone[name]!;
        const found = whole[name]!.data.subarray(first * data.length, (first + 1) * data.length);
        expectClose(found, data, 0, name);
      }
      alone['gradient(weight)']!.data.forEach((value, index) => {
        weightGradient[index]! += value;
      });
    }
    expectClose(whole['gradient(weight)']!.data, weightGradient, 1e-5, 'gradient(weight)');
  });
});
