// jax-js with its WebAssembly backend, as Node runs it: on one thread. It has gradients; forward, and forward and
// backward together, of convolutions and products.

import { readFileSync } from 'node:fs';
import { channelsFirst, channelsLast, firstShape, paddingAfter } from './layout.js';
import { numbersOf } from './operands.js';

const convolution = (lax, record) => {
  const { bottom, right } = paddingAfter(record);
  const strides = [record.strideHeight, record.strideWidth];
  const padding = [
    [record.paddingTop, Math.max(0, bottom)],
    [record.paddingLeft, Math.max(0, right)],
  ];
  const options = {
    rhsDilation: [record.dilationHeight, record.dilationWidth],
    featureGroupCount: record.groups,
  };
  return (x, weight) => lax.convGeneralDilated(x, weight, strides, padding, options);
};

const operators = ({ lax, nn, numpy }) => ({
  conv2d: (record) => convolution(lax, record),
  matmul: () => (a, b) => numpy.matmul(a, b),
  relu: () => (x) => nn.relu(x),
  sigmoid: () => (x) => nn.sigmoid(x),
  exp: () => (x) => numpy.exp(x),
  add: () => (a, b) => numpy.add(a, b),
});

export async function jaxJs() {
  const jax = await import('@jax-js/jax');
  await jax.init('wasm');
  jax.defaultDevice('wasm');
  const { version } = JSON.parse(
    readFileSync(new URL('../node_modules/@jax-js/jax/package.json', import.meta.url), 'utf8'),
  );
  const known = operators(jax);

  async function prepare({ operator, record, inputs: given }, { direction }) {
    const make = known[operator.name];
    const both = direction === 'forward + backward';
    if (make === undefined || (!both && direction !== 'forward')) return undefined;
    const inputs = given.filter((input) => input !== undefined);
    if (operator.name === 'conv2d' && inputs.length > 2) return undefined;
    const images = operator.name === 'conv2d';
    const arrays = inputs.map((input, index) => {
      const numbers = numbersOf(input, index);
      return images && input.role === 'data'
        ? jax.numpy.array(channelsFirst(numbers, input.shape)).reshape(firstShape(input.shape))
        : jax.numpy.array(numbers).reshape(input.shape);
    });
    const forward = make(record);
    const references = () => arrays.map((array) => array.ref);
    // The sum's gradient: of ones, which costs no less than any other.
    const gradients = jax.grad((...operands) => forward(...operands).sum(), {
      argnums: arrays.map((_, index) => index),
    });
    const compute = () => (both ? gradients(...references()) : [forward(...references())]);
    const [{ shape }] = operator.outputs(record);
    return {
      async run() {
        const made = compute();
        await jax.blockUntilReady(made.map((each) => each.ref));
        for (const each of made) each.dispose();
      },
      async output() {
        const numbers = await forward(...references()).data();
        return images ? channelsLast(numbers, shape) : numbers;
      },
      release() {
        for (const array of arrays) array.dispose();
      },
    };
  }

  return { name: 'jax-js', version, threads: 1, instructions: 'WebAssembly, as it compiles them', prepare };
}
