/** What published networks do with their options and images, beyond what golden values show. */

import {
  cost,
  crossEntropy,
  hdcCheck,
  type Module,
  models,
  OptionError,
  onDevice,
  optim,
  predict,
  scope,
  type Tensor,
  tensor,
  trainStep,
  uniform,
} from 'tenfold';
import { afterAll, describe, expect, test } from 'vitest';
import { meta, wasm } from './devices.js';

type Classifier = Module & { readonly features: Module; readonly classifier: Module };

/** PyTorch's adaptive_avg_pool2d and flatten of an image [H, W, C] of ours: channel, row, column. */
function pooledAndFlattened(
  data: ArrayLike<number>,
  [height, width, channels]: readonly [number, number, number],
  side: number,
): Float64Array {
  const window = (index: number, size: number) =>
    [Math.floor((index * size) / side), Math.ceil(((index + 1) * size) / side)] as const;
  const result = new Float64Array(channels * side * side);
  let at = 0;
  for (let c = 0; c < channels; c++) {
    for (let i = 0; i < side; i++) {
      for (let j = 0; j < side; j++) {
        const [top, bottom] = window(i, height);
        const [left, right] = window(j, width);
        let sum = 0;
        for (let y = top; y < bottom; y++) {
          for (let x = left; x < right; x++) sum += data[(y * width + x) * channels + c]!;
        }
        result[at++] = sum / ((bottom - top) * (right - left));
      }
    }
  }
  return result;
}

/** The linear layers of a classifier with ReLU between them, in float64, from their weights as PyTorch stores them. */
function classified(
  features: Float64Array,
  layers: readonly { weight: ArrayLike<number>; bias: ArrayLike<number> }[],
) {
  let y = features;
  for (const [index, { weight, bias }] of layers.entries()) {
    const next = new Float64Array(bias.length);
    for (let o = 0; o < next.length; o++) {
      let sum = bias[o]!;
      for (let i = 0; i < y.length; i++) sum += y[i]! * weight[o * y.length + i]!;
      next[o] = index < layers.length - 1 ? Math.max(0, sum) : sum;
    }
    y = next;
  }
  return y;
}

describe('the classifier on activations that are not square', () => {
  test.each([
    ['alexnet', {}, 6, [95, 191], [2, 5]],
    ['vgg11', { width: 0.125 }, 7, [64, 161], [2, 5]],
    ['vgg11_bn', { width: 0.125 }, 7, [353, 225], [11, 7]],
  ] as const)('%s', async (name, options, side, [height, width], activations) => {
    const network = models.create(name, { numClasses: 10, seed: 3, ...options }).eval() as Classifier;
    const pixels = uniform(height * width * 3, -1, 1, { seed: 1, purpose: 'image' });
    const image = tensor(pixels, [1, height, width, 3]);
    const shapes: Record<string, readonly number[]> = {};
    const found = await predict(() => {
      const features = network.features.forward(image);
      shapes.features = features.shape;
      return { features, logits: network.forward(image) };
    });
    const [, rows, columns, channels] = shapes.features as [number, number, number, number];
    expect([rows, columns]).toEqual(activations);
    const own = new Map(network.namedParameters());
    const layers = [...own.keys()]
      .filter((key) => /^classifier\.\d+\.weight$/.test(key))
      .map((key) => ({
        weight: own.get(key)!.dataSync(),
        bias: own.get(key.replace('weight', 'bias'))!.dataSync(),
      }));
    const expected = classified(
      pooledAndFlattened(found.features as ArrayLike<number>, [rows, columns, channels], side),
      layers,
    );
    const magnitude = Math.max(...expected.map(Math.abs));
    const error = expected.map((value, index) => Math.abs(value - found.logits![index]!));
    expect(Math.max(...error)).toBeLessThanOrEqual(1e-5 * magnitude);
    image.dispose();
    network.dispose();
  });
});

describe('small networks learn', () => {
  const tiny = models.list().filter(({ name }) => name.endsWith('_tiny'));
  const batch = 16;

  /** Stripes: class 0 changes along rows, class 1 along columns; their phase differs. */
  function stripes(side: number): { images: Tensor; labels: Tensor } {
    const noise = uniform(batch * side * side, -0.5, 0.5, { seed: 5, purpose: 'noise' });
    const values = noise.map((value, index) => {
      const [image, row, column] = [
        Math.floor(index / (side * side)),
        Math.floor(index / side) % side,
        index % side,
      ];
      const along = image % 2 === 0 ? row : column;
      return value + ((along + image) % 4 < 2 ? 1 : -1);
    });
    const labels = Int32Array.from({ length: batch }, (_, image) => image % 2);
    return { images: tensor(values, [batch, side, side, 1]), labels: tensor(labels) };
  }

  test.each(tiny.map(({ name }) => name))('%s', async (name) => {
    const network = models.create(name, { numClasses: 2, seed: 1 });
    const optimizer = optim.adam(network.parameters(), { lr: 0.003 });
    const { images, labels } = stripes(28);
    const losses: number[] = [];
    for (let step = 0; step < 12; step++) {
      losses.push(await trainStep(optimizer, () => crossEntropy(network.forward(images), labels)));
    }
    expect(losses.at(-1)!).toBeLessThan(losses[0]! / 2);
    for (const each of [images, labels, network, optimizer]) each.dispose();
  });
});

describe('a mistake in the options of a network', () => {
  test.each<[string, object, string]>([
    ['vgg11', { width: 0 }, 'models: width multiplies the channels and must be above 0, not 0'],
    ['resnet18', { width: Number.NaN }, 'models: width multiplies the channels and must be above 0, not NaN'],
    ['googlenet', { kernelSize5: 7 }, 'GoogLeNet: kernelSize5 must be 5, as in the paper, or 3, not 7'],
    ['alexnet', { dropout: 1 }, 'dropout: p must be at least 0 and below 1, not 1'],
    ['resnet18', { strideInReduce: true }, "resnet18: there is no option 'strideInReduce', the nearest is"],
    ['densenet121', { numClasses: 0 }, 'Linear: outFeatures must be a whole number from 1 up, not 0'],
    ['seresnet50', { reduction: 0 }, 'Conv2d: outChannels must be a whole number from 1 up, not Infinity'],
  ])('%s %j', (name, options, message) => {
    const build = () => onDevice(meta, () => models.create(name, options));
    expect(build).toThrow(OptionError);
    expect(build).toThrow(message);
  });
});

test('v1 and v1.5 have the same parameters but another place of the stride', async () => {
  const image = tensor(uniform(64 * 64 * 3, -1, 1, { seed: 1, purpose: 'image' }), [1, 64, 64, 3]);
  const logits = async (strideInReduce: boolean) => {
    const network = models.create('resnet50', { strideInReduce, seed: 2, width: 0.125 }).eval();
    const names = network.namedParameters().map(([name]) => name);
    const y = await predict(() => network.forward(image));
    network.dispose();
    return { names, y };
  };
  const [ours, paper] = [await logits(false), await logits(true)];
  expect(paper.names).toEqual(ours.names);
  expect(paper.y).not.toEqual(ours.y);
  image.dispose();
});

describe('deformable_resnet50', () => {
  const image = () => tensor(uniform(64 * 64 * 3, -1, 1, { seed: 1, purpose: 'image' }), [1, 64, 64, 3]);

  test('is resnet50 when it takes over its weights', async () => {
    const plain = models.resnet50({ width: 0.125, numClasses: 7, seed: 4 }).eval();
    const deformable = models.deformable_resnet50({ width: 0.125, numClasses: 7, seed: 5 }).eval();
    const state = new Map(
      [...(await plain.stateDict())].map(([name, stored]) => [
        name.replace(/^(layer[234]\..*conv2)\.weight$/, '$1.conv.weight'),
        stored,
      ]),
    );
    const { missing, unexpected } = deformable.loadStateDict(state, { strict: false });
    expect(unexpected).toEqual([]);
    expect(missing).toHaveLength(2 * (4 + 6 + 3));
    expect(missing.every((name) => /^layer[234]\.\d\.conv2\.offset_conv\./.test(name))).toBe(true);
    const x = image();
    const [expected, found] = [
      await predict(() => plain.forward(x)),
      await predict(() => deformable.forward(x)),
    ];
    const magnitude = Math.max(...expected.map(Math.abs));
    const error = expected.map((value, index) => Math.abs(value - found[index]!));
    expect(magnitude).toBeGreaterThan(0);
    expect(Math.max(...error)).toBeLessThanOrEqual(1e-5 * magnitude);
    for (const each of [plain, deformable, x]) each.dispose();
  });

  test('trains offsets, and masks if it has them', async () => {
    const network = models.deformable_resnet_tiny({ modulated: true, numClasses: 2 });
    const optimizer = optim.sgd(network.parameters(), { lr: 0.1 });
    const x = tensor(uniform(4 * 28 * 28, -1, 1, { seed: 1, purpose: 'image' }), [4, 28, 28, 1]);
    const labels = tensor(Int32Array.of(0, 1, 0, 1));
    await trainStep(optimizer, () => crossEntropy(network.forward(x), labels));
    const still = network
      .namedParameters()
      .filter(([name, values]) => /(offset|mask)_conv/.test(name) && values.dataSync().every((v) => v === 0));
    expect(still.map(([name]) => name)).toEqual([]);
    for (const each of [network, optimizer, x, labels]) each.dispose();
  });
});

describe('rates of dilated networks', () => {
  interface Window {
    readonly kernelHeight: number;
    readonly strideHeight: number;
    readonly dilationHeight: number;
  }
  /** The geometry of all 3x3 and 7x7 layers, in order. */
  const windows = (name: string, options: object = {}) =>
    cost(() => models.create(name, options), [1, 64, 64, 3]).applications.flatMap(({ record, module }) => {
      const window = record as Partial<Window>;
      return module !== undefined && window.kernelHeight! > 1 ? [{ module, ...(window as Window) }] : [];
    });
  const rates = (name: string, part: RegExp, options: object = {}) =>
    windows(name, options)
      .filter(({ module }) => part.test(module))
      .map(({ dilationHeight }) => dilationHeight);

  test("are torchvision's in deeplabv3_resnet50", () => {
    const network = 'deeplabv3_resnet50';
    expect(rates(network, /layer[12]/)).toEqual([1, 1, 1, 1, 1, 1, 1]);
    expect(rates(network, /layer3/)).toEqual([1, 2, 2, 2, 2, 2]);
    expect(rates(network, /layer4/)).toEqual([2, 4, 4]);
    expect(rates(network, /classifier\.0/)).toEqual([12, 24, 36]);
    expect(windows(network).reduce((product, { strideHeight }) => product * strideHeight, 1)).toBe(4);
  });

  test("are the authors' in hdc_resnet101, but for one, and leave no hole, as uniform ones do", () => {
    const network = 'hdc_resnet101';
    // `get_resnet_hdc` of TuSimple-DUC, blocks 4_1 to 5_3, as they stand there.
    const authors = [
      [2, 2, 5, 9, 1, 2, 5, 9, 1, 2, 5, 9, 1, 2, 5, 9, 1, 2, 5, 9, 1, 2, 5],
      [5, 9, 17],
    ].flat();
    const bigger = rates(network, /layer[34]/);
    expect(bigger).toEqual([1, ...authors.slice(1)]);
    expect(hdcCheck(bigger).ok).toBe(true);
    const uniform = rates(network, /layer[34]/, { layer3Rates: [2], layer4Rates: [4] });
    expect(uniform).toEqual([...Array(23).fill(2), 4, 4, 4]);
    expect(hdcCheck(uniform).ok).toBe(false);
  });

  test('must not be missing', () => {
    expect(() => onDevice(meta, () => models.hdc_resnet_small({ layer3Rates: [] }))).toThrow(
      'HDCResNet: layer3Rates must hold at least one rate',
    );
  });
});

describe('segmentation', () => {
  test.each(['deeplabv3_small', 'hdc_resnet_small'])('%s takes images of any size', async (name) => {
    const network = models.create(name, { numClasses: 4 }).eval();
    const x = tensor(uniform(2 * 23 * 18 * 3, -1, 1, { seed: 1, purpose: 'image' }), [2, 23, 18, 3]);
    const shape: number[] = [];
    await predict(() => {
      const y = network.forward(x);
      shape.push(...y.shape);
      return y;
    });
    expect(shape).toEqual([2, 23, 18, 4]);
    network.dispose();
    x.dispose();
  });

  test('the second classifier of deeplabv3_resnet50 learns by its own loss only, from the first three stages', () => {
    const network = models.deeplabv3_resnet50({ aux: true, width: 0.0625, numClasses: 3, rates: [1, 2] });
    const x = tensor(uniform(2 * 32 * 32 * 3, -1, 1, { seed: 1, purpose: 'image' }), [2, 32, 32, 3]);
    const labels = tensor(
      Int32Array.from({ length: 2 * 32 * 32 }, (_, index) => index % 3),
      [2, 32, 32],
    );
    const learning = (which: 'out' | 'aux') => {
      scope(() => crossEntropy(network.outputs(x)[which]!, labels).backward());
      const names = network.namedParameters().filter(([, { grad }]) => grad !== undefined);
      network.zeroGrad();
      return new Set(
        names.map(([name]) =>
          name
            .split('.')
            .slice(0, name.startsWith('b') ? 2 : 1)
            .join('.'),
        ),
      );
    };
    const backbone = ['conv1', 'bn1', 'layer1', 'layer2', 'layer3'].map((part) => `backbone.${part}`);
    expect(learning('aux')).toEqual(new Set([...backbone, 'aux_classifier']));
    expect(learning('out')).toEqual(new Set([...backbone, 'backbone.layer4', 'classifier']));
    for (const each of [network, x, labels]) each.dispose();
  });
});

afterAll(() => expect(wasm.usage()).toEqual({ bytes: 0, tensors: 0 }));
