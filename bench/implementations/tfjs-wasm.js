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
const pooling = (record) => [kernel(record), strides(record), padding(record)];

/** For each operator what computes it, made from tensors; undefined for a record that tfjs cannot express. */
const operators = (tf) => ({
  abs: (_, x) => tf.abs(x),
  add: (_, a, b) => tf.add(a, b),
  argmax: ({ axes: [axis] }, x) => tf.argMax(x, axis),
  avgPool2d: (record, x) =>
    record.paddingTop + record.paddingLeft === 0 && tf.avgPool(x, kernel(record), strides(record), 'valid'),
  batchNorm: ({ training, eps }, x, weight, bias, mean, variance) =>
    !training && tf.batchNorm(x, mean, variance, bias, weight, eps),
  clamp: ({ min, max }, x) => tf.clipByValue(x, min, max),
  concat: ({ axis }, ...parts) => tf.concat(parts, axis),
  conv2d(record, x, weight, bias) {
    const dilations = [record.dilationHeight, record.dilationWidth];
    const convolve = record.groups === 1 ? tf.conv2d : tf.depthwiseConv2d;
    const y = convolve(x, weight, strides(record), padding(record), 'NHWC', dilations);
    return bias === undefined ? y : tf.add(y, bias);
  },
  div: (_, a, b) => tf.div(a, b),
  exp: (_, x) => tf.exp(x),
  globalAvgPool: (_, x) => tf.mean(x, [1, 2], true),
  interpolate: ({ mode, alignCorners, outHeight, outWidth }, x) =>
    mode === 'bilinear' && tf.image.resizeBilinear(x, [outHeight, outWidth], alignCorners, !alignCorners),
  leakyRelu: ({ negativeSlope }, x) => tf.leakyRelu(x, negativeSlope),
  linear: (_, x, weight, bias) => {
    const product = tf.matMul(x, weight, false, true);
    return bias === undefined ? product : tf.add(product, bias);
  },
  log: (_, x) => tf.log(x),
  matmul: (_, a, b) => tf.matMul(a, b),
  max: ({ axes }, x) => tf.max(x, axes),
  maxPool2d: (record, x) => record.dilationHeight === 1 && tf.maxPool(x, ...pooling(record)),
  mean: ({ axes }, x) => tf.mean(x, axes),
  mul: (_, a, b) => tf.mul(a, b),
  pad: ({ xShape, outShape, paddingTop, paddingLeft }, x) =>
    tf.pad(x, [
      [0, 0],
      [paddingTop, outShape[1] - xShape[1] - paddingTop],
      [paddingLeft, outShape[2] - xShape[2] - paddingLeft],
      [0, 0],
    ]),
  permute: ({ axes }, x) => tf.transpose(x, axes),
  pow: ({ exponent }, x) => tf.pow(x, exponent),
  relu: (_, x) => tf.relu(x),
  relu6: (_, x) => tf.relu6(x),
  sigmoid: (_, x) => tf.sigmoid(x),
  slice: ({ axis, start, outShape }, x) =>
    tf.slice(
      x,
      outShape.map((_, index) => (index === axis ? start : 0)),
      outShape,
    ),
  softmax: (_, x) => tf.softmax(x),
  sqrt: (_, x) => tf.sqrt(x),
  sub: (_, a, b) => tf.sub(a, b),
  sum: ({ axes }, x) => tf.sum(x, axes),
  tanh: (_, x) => tf.tanh(x),
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
    if (direction !== 'forward' || known[operator.name] === undefined) return undefined;
    // It has no grouped convolution but the depthwise one.
    const { groups = 1, inChannels } = record;
    if (operator.name === 'conv2d' && groups > 1 && groups !== inChannels) return undefined;
    const tensors = inputs.map((input, index) => input && tf.tensor(numbersOf(input, index), input.shape));
    const given =
      operator.name === 'conv2d'
        ? [tensors[0], tf.tidy(() => convolutionWeight(tf, tensors[1], record)), tensors[2]]
        : tensors;
    const release = () => tf.dispose([...tensors, ...given].filter((tensor) => tensor !== undefined));
    const compute = () => tf.tidy(() => known[operator.name](record, ...given) || undefined);
    try {
      const probe = compute();
      if (probe === undefined) {
        release();
        return undefined;
      }
      probe.dispose();
    } catch (error) {
      release();
      throw error;
    }
    return {
      run: () => compute().dispose(),
      async output() {
        const y = compute();
        const numbers = await y.data();
        y.dispose();
        return numbers;
      },
      release,
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
