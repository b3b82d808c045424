/** Random shapes and options: the wasm device against the reference device, forward and backward. */

import fc from 'fast-check';
import {
  adaptiveAvgPool2d,
  add,
  argmax,
  avgPool2d,
  batchNorm,
  binaryCrossEntropyWithLogits,
  concat,
  conv2d,
  convTranspose2d,
  crossEntropy,
  div,
  groupNorm,
  interpolate,
  layerNorm,
  linear,
  max,
  maxPool2d,
  mul,
  pad,
  permute,
  slice,
  softmax,
  sub,
  sum,
  type Tensor,
  topK,
} from 'tenfold';
import { describe, test } from 'vitest';
import { affineInputs } from './cases/_affine.js';
import { type Case, type Input, trialOf } from './cases/_case.js';
import { expectClose } from './contract/expect-close.js';
import { outcome } from './contract/trial.js';
import { reference, wasm } from './devices.js';

/** Inputs are of magnitude 1, and so are the summands of every result: float32 rounds each to 6e-8. */
const tolerance = 1e-5;
const summand = 1;

interface Application extends Pick<Case, 'inputs' | 'apply'> {
  /** For the report of a failure. */
  readonly options?: object;
}

/** Holds the devices against each other over many random applications, the same ones every time. */
async function agree(
  operator: string,
  applications: fc.Arbitrary<Application>,
  allowed = tolerance,
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(applications, async (application) => {
      const trial = trialOf(operator, {
        name: JSON.stringify(application.inputs),
        output: [],
        ...application,
      });
      const expected = await outcome(reference, trial);
      const found = await outcome(wasm, trial);
      for (const [name, { data }] of Object.entries(expected)) {
        expectClose(found[name]!.data, data, allowed, name, summand);
      }
    }),
    { seed: 20261124, numRuns: 200 },
  );
}

const upTo = (max: number, min = 1) => fc.integer({ min, max });
const pairUpTo = (max: number, min = 1) => fc.tuple(upTo(max, min), upTo(max, min));
const batch = upTo(2, 0);
const channels = fc.oneof(upTo(9), upTo(37));
const pick = <Name extends string>(...names: Name[]) => fc.subarray(names, { minLength: 1 });

/** A side of an image that a window of this reach fits into: from the smallest one up. */
function side(reach: number, padding: number): fc.Arbitrary<number> {
  const least = Math.max(1, reach + 1 - 2 * padding);
  return upTo(least + 9, least);
}

const convolution = fc
  .record({
    n: batch,
    groups: fc.oneof(fc.constant(1), upTo(5)),
    depthwise: fc.boolean(),
    inPerGroup: channels,
    outPerGroup: channels,
    kernel: pairUpTo(5),
    stride: pairUpTo(3),
    dilation: pairUpTo(3),
    padding: pairUpTo(4, 0),
    bias: fc.boolean(),
    wanted: pick('x', 'weight'),
  })
  .chain((drawn) => {
    const { n, kernel, stride, dilation, padding, bias, wanted } = drawn;
    const groups = drawn.depthwise ? drawn.inPerGroup : drawn.groups;
    const inPerGroup = drawn.depthwise ? 1 : Math.ceil(drawn.inPerGroup / groups);
    const outPerGroup = drawn.depthwise ? 1 + (drawn.outPerGroup % 2) : Math.ceil(drawn.outPerGroup / groups);
    return fc
      .tuple(side((kernel[0] - 1) * dilation[0], padding[0]), side((kernel[1] - 1) * dilation[1], padding[1]))
      .map(([height, width]): Application => {
        const x: Input = { shape: [n, height, width, inPerGroup * groups], gradient: wanted.includes('x') };
        const weight: Input = {
          shape: [outPerGroup * groups, inPerGroup, ...kernel],
          gradient: wanted.includes('weight'),
        };
        const options = { stride, dilation, padding, groups };
        return {
          inputs: { x, weight, ...(bias && { bias: { shape: [outPerGroup * groups] } }) },
          options,
          apply: (inputs) => conv2d(inputs.x!, inputs.weight!, inputs.bias, options),
        };
      });
  });

/** Dense 3x3 with stride 1, most of them large enough for Winograd's method. */
const plain3x3 = fc
  .record({
    n: batch,
    inChannels: upTo(25, 4),
    outChannels: upTo(25, 4),
    dilation: fc.oneof(fc.constant([1, 1] as const), pairUpTo(3)),
    padding: pairUpTo(5, 0),
    height: upTo(19, 8),
    width: upTo(19, 8),
    wanted: pick('x', 'weight'),
  })
  .map(({ n, inChannels, outChannels, dilation, padding, height, width, wanted }): Application => {
    const options = { dilation, padding };
    return {
      inputs: {
        x: { shape: [n, height, width, inChannels], gradient: wanted.includes('x') },
        weight: { shape: [outChannels, inChannels, 3, 3], gradient: wanted.includes('weight') },
      },
      options,
      apply: (inputs) => conv2d(inputs.x!, inputs.weight!, undefined, options),
    };
  });

const pooling = fc
  .record({
    n: batch,
    c: channels,
    kernel: pairUpTo(4),
    stride: pairUpTo(4),
    dilation: pairUpTo(2),
    half: fc.tuple(fc.boolean(), fc.boolean()),
    ceilMode: fc.boolean(),
  })
  .chain(({ n, c, kernel, stride, dilation, half, ceilMode }) => {
    const padding = [
      half[0] ? Math.floor(kernel[0] / 2) : 0,
      half[1] ? Math.floor(kernel[1] / 2) : 0,
    ] as const;
    const options = { kernelSize: kernel, stride, dilation, padding, ceilMode };
    return fc
      .tuple(side((kernel[0] - 1) * dilation[0], padding[0]), side((kernel[1] - 1) * dilation[1], padding[1]))
      .map(
        ([height, width]): Application => ({
          inputs: { x: { shape: [n, height, width, c] } },
          options,
          apply: ({ x }) => maxPool2d(x!, options),
        }),
      );
  });

const transposedConvolution = fc
  .record({
    n: batch,
    height: upTo(7),
    width: upTo(7),
    groups: fc.oneof(fc.constant(1), upTo(4)),
    inPerGroup: channels,
    outPerGroup: channels,
    kernel: pairUpTo(4),
    stride: pairUpTo(3),
    dilation: pairUpTo(3),
    padding: pairUpTo(6, 0),
    outputPadding: pairUpTo(2, 0),
    bias: fc.boolean(),
    wanted: pick('x', 'weight'),
  })
  .map((drawn): Application => {
    const { n, height, width, groups, kernel, stride, dilation, bias, wanted } = drawn;
    const inChannels = Math.ceil(drawn.inPerGroup / groups) * groups;
    const outPerGroup = Math.ceil(drawn.outPerGroup / groups);
    const along = (axis: 0 | 1, size: number) => {
      const outputPadding = Math.min(drawn.outputPadding[axis], Math.max(stride[axis], dilation[axis]) - 1);
      const whole = (size - 1) * stride[axis] + dilation[axis] * (kernel[axis] - 1) + outputPadding + 1;
      return { outputPadding, padding: Math.min(drawn.padding[axis], Math.floor((whole - 1) / 2)) };
    };
    const [vertical, horizontal] = [along(0, height), along(1, width)];
    const options = {
      stride,
      dilation,
      groups,
      padding: [vertical.padding, horizontal.padding],
      outputPadding: [vertical.outputPadding, horizontal.outputPadding],
    } as const;
    const x: Input = { shape: [n, height, width, inChannels], gradient: wanted.includes('x') };
    const weight: Input = {
      shape: [inChannels, outPerGroup, ...kernel],
      gradient: wanted.includes('weight'),
    };
    return {
      inputs: { x, weight, ...(bias && { bias: { shape: [outPerGroup * groups] } }) },
      options,
      apply: (inputs) => convTranspose2d(inputs.x!, inputs.weight!, inputs.bias, options),
    };
  });

const averaging = fc
  .record({
    n: batch,
    c: channels,
    kernel: pairUpTo(4),
    stride: pairUpTo(4),
    half: fc.tuple(fc.boolean(), fc.boolean()),
    ceilMode: fc.boolean(),
    countIncludePad: fc.boolean(),
  })
  .chain(({ n, c, kernel, stride, half, ceilMode, countIncludePad }) => {
    const padding = [
      half[0] ? Math.floor(kernel[0] / 2) : 0,
      half[1] ? Math.floor(kernel[1] / 2) : 0,
    ] as const;
    const options = { kernelSize: kernel, stride, padding, ceilMode, countIncludePad };
    return fc.tuple(side(kernel[0] - 1, padding[0]), side(kernel[1] - 1, padding[1])).map(
      ([height, width]): Application => ({
        inputs: { x: { shape: [n, height, width, c] } },
        options,
        apply: ({ x }) => avgPool2d(x!, options),
      }),
    );
  });

const adaptiveAveraging = fc
  .record({ n: batch, c: channels, size: pairUpTo(14), outputSize: pairUpTo(14) })
  .map(
    ({ n, c, size, outputSize }): Application => ({
      inputs: { x: { shape: [n, ...size, c] } },
      options: { outputSize },
      apply: ({ x }) => adaptiveAvgPool2d(x!, { outputSize }),
    }),
  );

const affine = fc.record({
  without: fc.subarray(['weight', 'bias'] as const),
  wanted: pick('x', 'weight', 'bias'),
  eps: fc.constantFrom(1e-2, 1e-1),
});

/** Fewer elements than this make a variance of nearly nothing, and its inverse is all rounding. */
const leastElements = 6;

const groupNormalisation = fc
  .record({
    n: upTo(3, 0),
    height: upTo(12, leastElements),
    width: upTo(5),
    numGroups: upTo(5),
    perGroup: upTo(9),
    affine,
  })
  .map(({ n, height, width, numGroups, perGroup, affine: { eps, without, wanted } }): Application => {
    const c = numGroups * perGroup;
    const options = { numGroups, eps };
    return {
      options: { ...options, without, wanted },
      inputs: affineInputs([n, height, width, c], [c], { without, frozen: frozen(wanted, without) }),
      apply: (inputs) => groupNorm(inputs.x!, inputs, options),
    };
  });

const layerNormalisation = fc
  .record({
    outer: fc.array(upTo(5, 0), { maxLength: 2 }),
    inner: fc.array(upTo(6), { maxLength: 1 }),
    c: fc.oneof(upTo(15, leastElements), upTo(70, leastElements)),
    affine,
  })
  .map(({ outer, inner, c, affine: { eps, without, wanted } }): Application => {
    const normalizedShape = [...inner, c];
    const options = { normalizedShape, eps };
    const inputs = affineInputs([...outer, ...normalizedShape], normalizedShape, {
      without,
      frozen: frozen(wanted, without),
    });
    return {
      options: { ...options, without, wanted },
      inputs,
      apply: (tensors) => layerNorm(tensors.x!, tensors, options),
    };
  });

/** Those that want no gradient; x always wants one if nothing else can. */
function frozen(wanted: readonly string[], without: readonly string[]): readonly string[] {
  const left = wanted.filter((name) => !without.includes(name));
  return ['x', 'weight', 'bias'].filter((name) => !(left.length > 0 ? left : ['x']).includes(name));
}

const normalisation = fc
  .record({
    rows: fc.oneof(fc.constant(0), upTo(40, leastElements)),
    c: channels,
    training: fc.boolean(),
    momentum: fc.constantFrom(0, 0.1, 0.5, 1),
    eps: fc.constantFrom(1e-2, 1e-1),
    wanted: pick('x', 'weight', 'bias'),
  })
  .map(({ rows, c, training, momentum, eps, wanted }): Application => {
    const perChannel = (name: string, values: Input['values'] & string): Input => ({
      shape: [c],
      values,
      gradient: (wanted as readonly string[]).includes(name),
    });
    const options = { training, momentum, eps };
    return {
      options,
      inputs: {
        x: { shape: [rows, 1, c], gradient: wanted.includes('x') },
        weight: perChannel('weight', 'positive'),
        bias: perChannel('bias', 'even'),
        runningMean: perChannel('runningMean', 'even'),
        runningVar: perChannel('runningVar', 'positive'),
      },
      apply: ({ x, weight, bias, runningMean, runningVar }) =>
        batchNorm(
          x!,
          { weight: weight!, bias: bias!, runningMean: runningMean!, runningVar: runningVar! },
          options,
        ),
    };
  });

const shape = (maxLength: number) =>
  fc
    .array(fc.oneof(upTo(7), upTo(20)), { maxLength })
    .chain((sides) =>
      fc.boolean().map((none) => (none && sides.length > 1 ? [0, ...sides.slice(1)] : sides)),
    );

/** A shape that broadcasts to `whole`: some sides are 1, some leading ones are missing. */
function part(whole: readonly number[]): fc.Arbitrary<number[]> {
  return fc
    .tuple(fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }), upTo(whole.length, 0))
    .map(([ones, missing]) => whole.map((length, axis) => (ones[axis] ? 1 : length)).slice(missing));
}

const broadcast = (operator: (a: Tensor, b: Tensor) => Tensor, bValues: Input['values'] & string = 'even') =>
  shape(4)
    .chain((whole) => fc.tuple(part(whole), part(whole)))
    .map(
      ([a, b]): Application => ({
        inputs: { a: { shape: a }, b: { shape: b, values: bValues } },
        apply: (inputs) => operator(inputs.a!, inputs.b!),
      }),
    );

const summation = shape(4).chain((x) =>
  fc.record({ axes: fc.subarray(x.map((_, axis) => axis)), keepDims: fc.boolean() }).map(
    (options): Application => ({
      inputs: { x: { shape: x } },
      options,
      apply: (inputs) => sum(inputs.x!, options),
    }),
  ),
);

const concatenation = fc
  .tuple(
    shape(4).filter(({ length }) => length > 0),
    fc.array(upTo(11, 0), { minLength: 1, maxLength: 4 }),
    upTo(3, 0),
  )
  .map(([whole, lengths, chosen]): Application => {
    const axis = chosen % whole.length;
    const inputs = lengths.map((length) => ({ shape: whole.map((old, at) => (at === axis ? length : old)) }));
    return {
      options: { axis },
      inputs: Object.fromEntries(inputs.map((input, index) => [`x${index}`, input])),
      apply: (tensors) => concat(Object.values(tensors), { axis }),
    };
  });

const image = fc.tuple(batch, upTo(9), upTo(9), channels);

const factor = fc.double({ min: 1, max: 3.5, noNaN: true });

const resizing = fc
  .record({
    x: image,
    size: pairUpTo(20),
    scaleFactor: fc.option(fc.tuple(factor, factor)),
    mode: fc.constantFrom('nearest' as const, 'bilinear' as const),
    alignCorners: fc.boolean(),
  })
  .map(({ x, size, scaleFactor, mode, alignCorners }): Application => {
    const options = {
      ...(scaleFactor === null ? { size } : { scaleFactor }),
      mode,
      alignCorners: alignCorners && mode === 'bilinear',
    };
    return {
      options,
      inputs: { x: { shape: x } },
      apply: (inputs) => interpolate(inputs.x!, options),
    };
  });

const padding = fc
  .record({
    x: fc.tuple(batch, upTo(7, 0), upTo(7, 0), channels),
    padding: fc.oneof(upTo(4, 0), pairUpTo(4, 0), fc.tuple(upTo(4, 0), upTo(4, 0), upTo(4, 0), upTo(4, 0))),
    value: fc.constantFrom(0, -1.5),
  })
  .map(
    ({ x, ...options }): Application => ({
      options,
      inputs: { x: { shape: x } },
      apply: (inputs) => pad(inputs.x!, options),
    }),
  );

const slices = shape(4)
  .filter(({ length }) => length > 0)
  .chain((x) => upTo(x.length - 1, 0).map((axis) => ({ x, axis })))
  .chain(({ x, axis }) => fc.tuple(upTo(x[axis]!, 0), upTo(x[axis]!, 0)).map((ends) => ({ x, axis, ends })))
  .map(({ x, axis, ends }): Application => {
    const options = { axis, start: Math.min(...ends), end: Math.max(...ends) };
    return { options, inputs: { x: { shape: x } }, apply: (inputs) => slice(inputs.x!, options) };
  });

const permutations = fc
  .array(upTo(5), { maxLength: 6 })
  .chain((x) =>
    fc
      .shuffledSubarray(
        x.map((_, axis) => axis),
        { minLength: x.length },
      )
      .map((axes) => ({ x, axes })),
  )
  .map(
    ({ x, axes }): Application => ({
      options: { axes },
      inputs: { x: { shape: x } },
      apply: (inputs) => permute(inputs.x!, axes),
    }),
  );

const ties = fc.constantFrom('distinct' as const, 'equal' as const);

const maxima = shape(4).chain((x) =>
  fc
    .record({
      axes: fc.subarray(x.map((_, axis) => axis).filter((axis) => x[axis]! > 0)),
      keepDims: fc.boolean(),
      values: ties,
    })
    .map(
      ({ values, ...options }): Application => ({
        inputs: { x: { shape: x, values } },
        options,
        apply: (inputs) => max(inputs.x!, options),
      }),
    ),
);

const searches = shape(4)
  .filter(({ length }) => length > 0)
  .chain((x) =>
    fc
      .record({ axis: upTo(x.length - 1, 0), keepDims: fc.boolean(), values: ties })
      .map(({ values, axis: drawn, keepDims }): Application => {
        const axis = x[drawn] === 0 ? x.length - 1 : drawn;
        return {
          inputs: { x: { shape: x, values, gradient: false } },
          options: { axis, keepDims },
          apply: (inputs) => argmax(inputs.x!, { axis, keepDims }),
        };
      }),
  );

const rankings = fc
  .tuple(upTo(5, 0), fc.oneof(upTo(9), upTo(150)), fc.nat(), ties)
  .map(([rows, length, drawn, values]): Application => {
    const k = 1 + (drawn % length);
    return {
      options: { k },
      inputs: { x: { shape: [rows, length], values } },
      apply: ({ x }) => {
        const { values, indices } = topK(x!, k);
        return [values, indices];
      },
    };
  });

const scores = fc.tuple(upTo(12, 0), channels);

const softmaxes = scores.map(
  ([rows, classes]): Application => ({
    inputs: { x: { shape: [rows, classes] } },
    apply: ({ x }) => softmax(x!),
  }),
);

const crossEntropies = fc.tuple(scores, fc.constantFrom(0, 0.1, 1)).map(
  ([[rows, classes], labelSmoothing]): Application => ({
    options: { labelSmoothing },
    inputs: {
      logits: { shape: [rows, classes] },
      labels: { shape: [rows], values: { classes } },
    },
    apply: ({ logits, labels }) => crossEntropy(logits!, labels!, { labelSmoothing }),
  }),
);

const yesOrNo = shape(3).chain((x) =>
  pick('x', 'target').map(
    (wanted): Application => ({
      inputs: {
        x: { shape: x, gradient: wanted.includes('x') },
        target: { shape: x, gradient: wanted.includes('target') },
      },
      apply: ({ x, target }) => binaryCrossEntropyWithLogits(x!, target!),
    }),
  ),
);

const affineMap = fc.record({ rows: upTo(9, 0), c: channels, o: channels, bias: fc.boolean() }).map(
  ({ rows, c, o, bias }): Application => ({
    inputs: { x: { shape: [rows, c] }, weight: { shape: [o, c] }, ...(bias && { bias: { shape: [o] } }) },
    apply: (inputs) => linear(inputs.x!, inputs.weight!, inputs.bias),
  }),
);

describe('wasm agrees with reference on random', () => {
  test('convolutions', () => agree('conv2d', convolution));
  test('dense 3x3 convolutions', () => agree('conv2d', plain3x3));
  test('linear maps', () => agree('linear', affineMap));
  test('max pools', () => agree('maxPool2d', pooling));
  test('transposed convolutions', () => agree('convTranspose2d', transposedConvolution));
  test('average pools', () => agree('avgPool2d', averaging));
  test('adaptive average pools', () => agree('adaptiveAvgPool2d', adaptiveAveraging));
  test('group normalisations', () => agree('groupNorm', groupNormalisation));
  test('layer normalisations', () => agree('layerNorm', layerNormalisation));
  test('batch normalisations', () => agree('batchNorm', normalisation));
  test('broadcast sums', () => agree('add', broadcast(add)));
  test('broadcast differences', () => agree('sub', broadcast(sub)));
  test('broadcast products', () => agree('mul', broadcast(mul)));
  test('broadcast quotients', () => agree('div', broadcast(div, 'positive')));
  test('sums over axes', () => agree('sum', summation));
  test('concatenations, exactly', () => agree('concat', concatenation, 0));
  test('resizings', () => agree('interpolate', resizing));
  test('paddings, exactly', () => agree('pad', padding, 0));
  test('slices, exactly', () => agree('slice', slices, 0));
  test('permutations, exactly', () => agree('permute', permutations, 0));
  test('maxima, exactly', () => agree('max', maxima, 0));
  test('places of maxima, exactly', () => agree('argmax', searches, 0));
  test('rankings, exactly', () => agree('topK', rankings, 0));
  test('binary cross entropies', () => agree('binaryCrossEntropyWithLogits', yesOrNo));
  test('softmaxes', () => agree('softmax', softmaxes));
  test('cross entropies', () => agree('crossEntropy', crossEntropies));
});
