/** Which kernels really compute each case of a convolution. */

import { describe, expect, test } from 'vitest';
import { trialOf } from '../cases/_case.js';
import { cases } from '../cases/conv2d.js';
import { wasm } from '../devices.js';
import { exactWasm } from '../exact-device.js';
import { phasesRun } from '../kernels-run.js';
import { perform } from './trial.js';

/** The kernels of convolutions that `device` runs for a case, forward and backward. */
function kernelsRun(device: typeof wasm, it: (typeof cases)[number]): string[] {
  const run = phasesRun(device, () => perform(device, trialOf('conv2d', it)).dispose());
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
    expect(kernelsRun(wasm, it)).toEqual(kernelsOf(it, method));
  });

  test('exact', () => {
    const method = methodOf(it.name).replace('winogradConv2d', 'conv2d');
    expect(kernelsRun(exactWasm, it)).toEqual(kernelsOf(it, method));
  });
});
