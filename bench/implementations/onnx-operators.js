// tenfold's operators as single ONNX nodes (opset 21), as far as ONNX has such.

import { paddingAfter } from './layout.js';

const int64 = (...values) => ({ constant: BigInt64Array.from(values, BigInt), shape: [values.length] });
const scalar = (value) => ({ constant: Float32Array.of(value), shape: [] });

function windowAttributes(record) {
  const { bottom, right } = paddingAfter(record);
  const { paddingTop, paddingLeft } = record;
  return {
    kernel_shape: [record.kernelHeight, record.kernelWidth],
    strides: [record.strideHeight, record.strideWidth],
    pads: [paddingTop, paddingLeft, Math.max(0, bottom), Math.max(0, right)],
  };
}

const convolutionAttributes = (record) => ({
  ...windowAttributes(record),
  dilations: [record.dilationHeight, record.dilationWidth],
  group: record.groups,
});

const same = (type, attributes = {}, more = []) => ({
  type,
  attributes,
  inputs: (given) => [...given, ...more],
});
const image = (type, attributes = {}, inputs = (given) => given) => ({
  type,
  attributes,
  inputs,
  images: true,
});

const reduce = (type) => (record) =>
  same(type, { keepdims: Number(record.keepDims ?? record.outShape.length === record.xShape.length) }, [
    int64(...record.axes),
  ]);

/**
 * For each operator its node: type, attributes, what its inputs are, given tenfold's, and whether its operands of four
 * axes are images, which ONNX has with channels first. Undefined for a record that a single node does not express.
 */
export const onnxOperators = {
  abs: () => same('Abs'),
  adaptiveAvgPool2d({ inHeight, inWidth, outHeight, outWidth }) {
    const kernel = [inHeight / outHeight, inWidth / outWidth];
    return kernel.every(Number.isInteger)
      ? image('AveragePool', { kernel_shape: kernel, strides: kernel })
      : undefined;
  },
  add: () => same('Add'),
  argmax: ({ axes: [axis], outShape, xShape }) =>
    same('ArgMax', { axis, keepdims: Number(outShape.length === xShape.length) }),
  avgPool2d: (record) =>
    image('AveragePool', {
      ...windowAttributes({ ...record, dilationHeight: 1, dilationWidth: 1 }),
      count_include_pad: Number(record.marginHeight > 0 || record.marginWidth > 0),
    }),
  batchNorm: ({ training, eps }) =>
    training ? undefined : image('BatchNormalization', { epsilon: { float: eps } }),
  clamp: ({ min, max }) => same('Clip', {}, [scalar(min), scalar(max)]),
  concat: ({ axis }) => same('Concat', { axis }),
  conv2d: (record) => image('Conv', convolutionAttributes(record)),
  convTranspose2d(record) {
    const { bottom, right } = paddingAfter(record);
    const outside = [Math.max(0, -bottom), Math.max(0, -right)];
    return image('ConvTranspose', { ...convolutionAttributes(record), output_padding: outside });
  },
  deformConv2d: (record) =>
    image(
      'DeformConv',
      { ...convolutionAttributes(record), offset_group: record.offsetGroups },
      ([x, offset, weight, bias, mask]) => [x, weight, offset, bias, mask],
    ),
  div: () => same('Div'),
  exp: () => same('Exp'),
  globalAvgPool: () => image('GlobalAveragePool'),
  groupNorm: ({ groups, eps }) =>
    image('GroupNormalization', { num_groups: groups, epsilon: { float: eps } }),
  hardsigmoid: () => same('HardSigmoid', { alpha: { float: 1 / 6 }, beta: { float: 0.5 } }),
  hardswish: () => same('HardSwish'),
  interpolate({ mode, alignCorners, batch, channels, outHeight, outWidth }) {
    const sizes = int64(batch, channels, outHeight, outWidth);
    const coordinates = alignCorners ? 'align_corners' : mode === 'nearest' ? 'asymmetric' : 'half_pixel';
    return image(
      'Resize',
      {
        mode: mode === 'nearest' ? 'nearest' : 'linear',
        coordinate_transformation_mode: coordinates,
        nearest_mode: 'floor',
      },
      ([x]) => [x, undefined, undefined, sizes],
    );
  },
  layerNorm: ({ parameterShape, eps }) =>
    same('LayerNormalization', { axis: -parameterShape.length, epsilon: { float: eps } }),
  leakyRelu: ({ negativeSlope }) => same('LeakyRelu', { alpha: { float: negativeSlope } }),
  linear: ({ xShape }) => (xShape.length === 2 ? same('Gemm', { transB: 1 }) : undefined),
  log: () => same('Log'),
  matmul: () => same('MatMul'),
  max: reduce('ReduceMax'),
  maxPool2d: (record) =>
    image('MaxPool', {
      ...windowAttributes(record),
      dilations: [record.dilationHeight, record.dilationWidth],
    }),
  mean: reduce('ReduceMean'),
  mul: () => same('Mul'),
  pad({ xShape, outShape, paddingTop, paddingLeft }) {
    const after = [outShape[1] - xShape[1] - paddingTop, outShape[2] - xShape[2] - paddingLeft];
    return same('Pad', {}, [int64(0, paddingTop, paddingLeft, 0, 0, ...after, 0)]);
  },
  permute: ({ axes }) => same('Transpose', { perm: axes }),
  pow: ({ exponent }) => same('Pow', {}, [scalar(exponent)]),
  relu: () => same('Relu'),
  relu6: () => same('Clip', {}, [scalar(0), scalar(6)]),
  sigmoid: () => same('Sigmoid'),
  slice: ({ axis, start, outShape }) =>
    same('Slice', {}, [int64(start), int64(start + outShape[axis]), int64(axis)]),
  softmax: () => same('Softmax', { axis: -1 }),
  sqrt: () => same('Sqrt'),
  sub: () => same('Sub'),
  sum: reduce('ReduceSum'),
  tanh: () => same('Tanh'),
  topK: ({ k }) => ({ ...same('TopK', {}, [int64(k)]), outputs: ['y', 'places'] }),
};
