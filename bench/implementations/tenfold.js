// tenfold itself, by the operators' own forward and backward, without tape or tensors around them.

import { readFileSync } from 'node:fs';
import { empty } from '../../packages/tenfold/dist/device/device.js';
import { conv2dRecord } from '../../packages/tenfold/dist/ops/conv2d.js';
import { numbersOf } from './operands.js';

const { version } = JSON.parse(
  readFileSync(new URL('../../packages/tenfold/package.json', import.meta.url), 'utf8'),
);

function operand(device, input, index) {
  const made = empty(device, input);
  device.write(made.storage.handle, numbersOf(input, index));
  return made;
}

export function tenfold(device) {
  const { threads } = device.pool;

  function prepare({ operator, record, inputs: given }, { wanted, parts }) {
    const inputs = given.map((input, index) => input && operand(device, input, index));
    const outputs = operator.outputs(record).map((spec) => empty(device, spec));
    const gradient = operand(device, { ...operator.outputs(record)[0], values: 'even' }, 7);
    // Held by a second owner, as otherwise some operators write the gradient of x over it, and it were smaller each time.
    gradient.storage.retain();
    // Gradients read what the forward pass leaves.
    operator.forward(device, record, inputs, outputs);
    const results = outputs.map((output, index) =>
      operator.forGradient?.includes(index) ? undefined : output,
    );
    const runOne = (which) => {
      if (which === undefined) return operator.forward(device, record, inputs, results);
      const made = operator.backward(record, { device, inputs, outputs, gradient, wanted: which });
      for (const each of made) each?.storage.release();
    };
    /** A training step changes the weights, so that nothing prepared of them can be kept. */
    const changeParameters = () => {
      inputs.forEach((each, index) => {
        if (given[index]?.role === 'parameter') each.storage.version++;
      });
    };
    const runParts = () => {
      changeParameters();
      for (const part of parts) runOne(part.wanted);
    };
    return {
      run: parts === undefined ? () => runOne(wanted) : runParts,
      /** The first result of the forward pass. */
      output: () => device.readSync(outputs[0].storage.handle),
      release() {
        for (const each of [...inputs, ...outputs, gradient, gradient]) each?.storage.release();
      },
    };
  }

  return {
    name: 'tenfold',
    version,
    threads,
    instructions: 'WebAssembly SIMD, 128 bit',
    prepare,
  };
}

/** 2048x256 by 256x256, three times, about 8 ms: the machine's speed on a plain product, in GFLOP/s. */
export function calibrationOf(device) {
  const record = conv2dRecord([1, 1, 2048, 256], [256, 256, 1, 1], undefined, {});
  const [x, weight, y] = [
    [1, 1, 2048, 256],
    [256, 256, 1, 1],
    [1, 1, 2048, 256],
  ].map((shape, index) => operand(device, { shape, dtype: 'float32', values: 'even' }, index));
  const repetitions = 3;
  return () => {
    const started = performance.now();
    for (let i = 0; i < repetitions; i++) device.run('conv2d', record, { x, weight, y });
    return (repetitions * 2 * 2048 * 256 * 256) / (performance.now() - started) / 1e6;
  };
}
