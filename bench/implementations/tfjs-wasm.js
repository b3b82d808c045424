// tfjs with its WebAssembly backend: inference only, since it has no gradient of a convolution's weights there. In Node
// it starts no threads.

import { createRequire } from 'node:module';
import { paddingAfter } from './layout.js';
import { numbersOf } from './operands.js';

const require = createRequire(import.meta.url);

/** Padding as tfjs wants it, if the windows end where the padded image does. */
function padding(record) {
  const { bottom, right } = paddingAfter(record);
  return [
    [0, 0],
    [record.paddingTop, Math.max(0, bottom)],
    [record.paddingLeft, Math.max(0, right)],
    [0, 0],
  ];
}

const strides = (record) => [record.strideHeight, record.strideWidth];
const kernel = (record) => [record.kernelHeight, record.kernelWidth];

/** For each operator what computes it from tensors, given its record; undefined for a record that tfjs cannot express. */
const operators = (tf) => ({
  abs: () => tf.abs,
  add: () => tf.add,
  argmax:
    ({ axes: [axis] }) =>
    (x) =>
      tf.argMax(x, axis),
  avgPool2d: (record) =>
    record.paddingTop + record.paddingLeft > 0
      ? undefined
      : (x) => tf.avgPool(x, kernel(record), strides(record), 'valid'),
  batchNorm: ({ training, eps }) =>
    training
      ? undefined
      : (x, weight, bias, mean, variance) => tf.batchNorm(x, mean, variance, bias, weight, eps),
  clamp:
    ({ min, max }) =>
    (x) =>
      tf.clipByValue(x, min, max),
  concat:
    ({ axis }) =>
    (...parts) =>
      tf.concat(parts, axis),
  conv2d(record) {
    const { groups, inChannels, dilationHeight, dilationWidth } = record;
    // It has no grouped convolution but the depthwise one.
    if (groups > 1 && groups !== inChannels) return undefined;
    const convolve = groups === 1 ? tf.conv2d : tf.depthwiseConv2d;
    const dilations = [dilationHeight, dilationWidth];
    return (x, weight, bias) => {
      const y = convolve(x, weight, strides(record), padding(record), 'NHWC', dilations);
      return bias === undefined ? y : tf.add(y, bias);
    };
  },
  div: () => tf.div,
  exp: () => tf.exp,
  globalAvgPool: () => (x) => tf.mean(x, [1, 2], true),
  interpolate: ({ mode, alignCorners, outHeight, outWidth }) =>
    mode === 'bilinear'
      ? (x) => tf.image.resizeBilinear(x, [outHeight, outWidth], alignCorners, !alignCorners)
      : undefined,
  leakyRelu:
    ({ negativeSlope }) =>
    (x) =>
      tf.leakyRelu(x, negativeSlope),
  linear: () => (x, weight, bias) => {
    const product = tf.matMul(x, weight, false, true);
    return bias === undefined ? product : tf.add(product, bias);
  },
  log: () => tf.log,
  matmul: () => (a, b) => tf.matMul(a, b),
  max:
    ({ axes }) =>
    (x) =>
      tf.max(x, axes),
  maxPool2d: (record) =>
    record.dilationHeight > 1
      ? undefined
      : (x) => tf.maxPool(x, kernel(record), strides(record), padding(record)),
  mean:
    ({ axes }) =>
    (x) =>
      tf.mean(x, axes),
  mul: () => tf.mul,
  pad: ({ xShape, outShape, paddingTop, paddingLeft }) => {
    const below = outShape[1] - xShape[1] - paddingTop;
    const right = outShape[2] - xShape[2] - paddingLeft;
    const sides = [
      [0, 0],
      [paddingTop, below],
      [paddingLeft, right],
      [0, 0],
    ];
    return (x) => tf.pad(x, sides);
  },
  permute:
    ({ axes }) =>
    (x) =>
      tf.transpose(x, axes),
  pow:
    ({ exponent }) =>
    (x) =>
      tf.pow(x, exponent),
  relu: () => tf.relu,
  relu6: () => tf.relu6,
  sigmoid: () => tf.sigmoid,
  slice({ axis, start, outShape }) {
    const begin = outShape.map((_, index) => (index === axis ? start : 0));
    return (x) => tf.slice(x, begin, outShape);
  },
  softmax: () => (x) => tf.softmax(x),
  sqrt: () => tf.sqrt,
  sub: () => tf.sub,
  sum:
    ({ axes }) =>
    (x) =>
      tf.sum(x, axes),
  tanh: () => tf.tanh,
});

/** [O, C / groups, height, width] as tfjs has it: [height, width, C, O], or [height, width, C, 1] of each channel. */
function convolutionWeight(tf, weight, { groups }) {
  if (groups === 1) return tf.transpose(weight, [2, 3, 1, 0]);
  const [outChannels, , height, width] = weight.shape;
  return tf.reshape(tf.transpose(weight, [2, 3, 0, 1]), [height, width, groups, outChannels / groups]);
}

export async function tfjsWasm() {
  const tf = require('@tensorflow/tfjs-core');
  const { version_wasm: version, getThreadsCount } = require('@tensorflow/tfjs-backend-wasm');
  await tf.setBackend('wasm');
  const known = operators(tf);

  async function prepare({ operator, record, inputs }, { direction }) {
    const apply = direction === 'forward' ? known[operator.name]?.(record) : undefined;
    if (apply === undefined) return undefined;
    const tensors = inputs.map((input, index) => input && tf.tensor(numbersOf(input, index), input.shape));
    if (operator.name === 'conv2d') {
      const published = tensors[1];
      tensors[1] = tf.tidy(() => convolutionWeight(tf, published, record));
      published.dispose();
    }
    const compute = () => tf.tidy(() => apply(...tensors));
    return {
      run: () => compute().dispose(),
      async output() {
        const y = compute();
        const numbers = await y.data();
        y.dispose();
        return numbers;
      },
      release: () => tf.dispose(tensors.filter((tensor) => tensor !== undefined)),
    };
  }

  return {
    name: 'tfjs wasm',
    version,
    threads: getThreadsCount(),
    instructions: 'WebAssembly SIMD, 128 bit',
    prepare,
  };
}
