/** Layers that are computed together with what follows them: which kernels run, and when they must not. */

import {
  add,
  blocks,
  type Device,
  type Module,
  models,
  nn,
  noGrad,
  onDevice,
  relu,
  scope,
  sum,
  type Tensor,
  tensor,
} from 'tenfold';
import { describe, expect, test } from 'vitest';
import { observing } from '../packages/tenfold/dist/ops/_operator.js';
import { meta, wasm } from './devices.js';

const { BatchNorm2d, Conv2d, ReLU, Sequential } = nn;

const images = (...shape: readonly number[]) =>
  tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, index) =>
      Math.fround((index % 17) / 8 - 1),
    ),
    shape,
  );

/** The kernels that a forward pass asks for. */
function kernelsOf(build: () => Module, pass: (model: Module) => unknown): string[] {
  const asked: string[] = [];
  const listening: Device = { ...meta, run: (kernel) => void asked.push(kernel) };
  onDevice(listening, () => scope(() => void pass(build())));
  return asked;
}

const block = () => new Sequential(new Conv2d(3, 8, 3), new BatchNorm2d(8), new ReLU());
const forward = (model: Module) => model.forward(images(2, 6, 5, 3));

describe('in training', () => {
  test('a normalisation computes its activation', () => {
    expect(kernelsOf(block, forward)).toEqual(['conv2d', 'batchNorm']);
  });

  test('and what a residual block adds', () => {
    const asked = kernelsOf(
      () => models.create('resnet_tiny'),
      (model) => model.forward(images(2, 28, 28, 1)),
    );
    expect(asked).not.toContain('add');
    expect(asked).not.toContain('relu');
  });
});

describe('in use', () => {
  const use = (model: Module) => noGrad(() => forward(model.eval()));

  test('a convolution computes normalisation and activation', () => {
    expect(kernelsOf(block, use)).toEqual(['batchNormFactors', 'conv2d']);
  });

  test('a deformable one, too', () => {
    const deformable = () => new Sequential(new blocks.DeformableConv(3, 8), new BatchNorm2d(8), new ReLU());
    expect(kernelsOf(deformable, use)).toEqual(['conv2d', 'batchNormFactors', 'deformConv2d']);
  });

  test('but not those that still learn', () => {
    const halfway = (model: Module) => {
      model.train();
      return noGrad(() => forward(model));
    };
    expect(kernelsOf(block, halfway)).toEqual(['conv2d', 'batchNorm']);
    expect(kernelsOf(block, (model) => forward(model.eval()))).toEqual(['conv2d', 'batchNorm']);
  });

  test.each(['resnet_tiny', 'mobilenet_v2_tiny'])('nothing else in %s has to touch every number', (name) => {
    const { height, width, channels } = models.find(name).input;
    const asked = kernelsOf(
      () => models.create(name).eval(),
      (model) => noGrad(() => model.forward(images(2, height, width, channels))),
    );
    const others = asked.filter((kernel) => !['batchNormFactors', 'conv2d'].includes(kernel));
    expect(others).toEqual(['sum']);
  });
});

describe('layers run by themselves', () => {
  class Loud extends ReLU {
    override forward(x: Tensor): Tensor {
      return add(relu(x), relu(x));
    }
  }

  class Doubled extends BatchNorm2d {
    override forward(x: Tensor): Tensor {
      return add(super.forward(x), x);
    }
  }

  test('where a subclass has a forward pass of its own', () => {
    const loud = () => new Sequential(new Conv2d(3, 8, 3), new BatchNorm2d(8), new Loud());
    expect(kernelsOf(loud, forward)).toEqual(['conv2d', 'batchNorm', 'relu', 'relu', 'add']);
    const doubled = () => new Sequential(new Conv2d(3, 8, 3), new Doubled(8), new ReLU());
    expect(kernelsOf(doubled, forward)).toEqual(['conv2d', 'batchNorm', 'add', 'relu']);
  });

  test('where one has been given another forward pass', () => {
    const hooked = () => {
      const model = block();
      const [, norm] = [...model];
      const original = norm!.forward;
      norm!.forward = (x) => original.call(norm, add(x, x) as never);
      return model;
    };
    expect(kernelsOf(hooked, forward)).toEqual(['conv2d', 'add', 'batchNorm', 'relu']);
  });

  test('while they are watched', () => {
    const applied: string[] = [];
    const watch = (model: Module) =>
      observing(
        ({ operator }) => applied.push(operator.name),
        () => forward(model),
      );
    expect(kernelsOf(block, watch)).toEqual(['conv2d', 'batchNorm', 'relu']);
    expect(applied).toEqual(['conv2d', 'batchNorm', 'relu']);
  });
});

/**
 * Of the largest magnitude, or of 0.05, since gradients that cancel err as what they are the sum of: rounding, in networks of
 * some ten layers.
 */
const tolerance = 2e-5;

describe.each([
  'resnet_tiny',
  'tenfold_net',
  'mobilenet_v2_tiny',
  'mobilenet_v3_tiny',
  'xception_tiny',
  'densenet_tiny',
])('%s in one go and layer by layer', (name) => {
  const { height, width, channels } = models.find(name).input;
  const results = (watched: boolean) =>
    onDevice(wasm, () =>
      scope(() => {
        const model = models.create(name, { seed: 3 });
        const x = images(2, height, width, channels);
        const run = () => model.forward(x);
        const y = watched ? observing(() => {}, run) : run();
        sum(relu(y)).backward();
        const of = new Map<string, Float32Array>([['result', y.dataSync() as Float32Array]]);
        for (const [key, { grad }] of model.namedParameters()) of.set(key, grad!.dataSync() as Float32Array);
        for (const [key, buffer] of model.namedBuffers()) of.set(key, Float32Array.from(buffer.dataSync()));
        return of;
      }),
    );

  test('have the same bits in use', () => {
    const results = (layers: 'apart' | 'as ever') =>
      onDevice(wasm, () =>
        scope(() => {
          const model = models.create(name, { seed: 3 });
          const x = images(2, height, width, channels);
          // So that the running statistics are those of something.
          model.forward(x);
          return observing(
            () => {},
            () => noGrad(() => model.eval().forward(x)).dataSync(),
            layers,
          );
        }),
      );
    expect(results('as ever')).toEqual(results('apart'));
  });

  test('have the same results, gradients and running statistics', () => {
    const expected = results(true);
    const found = results(false);
    expect([...found.keys()]).toEqual([...expected.keys()]);
    for (const [key, values] of expected) {
      const magnitude = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      const worst = values.reduce(
        (most, value, index) => Math.max(most, Math.abs(value - found.get(key)![index]!)),
        0,
      );
      expect(worst, key).toBeLessThanOrEqual(tolerance * Math.max(magnitude, 0.05));
    }
  });
});
