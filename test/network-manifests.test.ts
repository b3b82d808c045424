/**
 * Names and shapes of the networks without golden values. They are spelled out here once more, from the papers' tables and
 * torchvision's way of naming; that the spelling is right, the networks with golden values show.
 */

import { type Module, meta, models, onDevice } from 'tenfold';
import { describe, expect, test } from 'vitest';
import { goldenJson } from './golden.js';

type Entry = readonly [name: string, shape: readonly number[]];

const conv = (name: string, out: number, into: number, side: number): Entry => [
  `${name}.weight`,
  [out, into, side, side],
];
const bias = (name: string, out: number): Entry => [`${name}.bias`, [out]];
const norm = (name: string, channels: number): Entry[] => [
  [`${name}.weight`, [channels]],
  [`${name}.bias`, [channels]],
  [`${name}.running_mean`, [channels]],
  [`${name}.running_var`, [channels]],
  [`${name}.num_batches_tracked`, []],
];
const linear = (name: string, out: number, into: number): Entry[] => [
  [`${name}.weight`, [out, into]],
  bias(name, out),
];

/** Convolutions in each of the five stages; stage s has min(64 * 2^s, 512) channels. */
function vgg(stages: readonly number[], batchNorm: boolean): Entry[] {
  const entries: Entry[] = [];
  let index = 0;
  let into = 3;
  stages.forEach((layers, stage) => {
    const out = Math.min(64 << stage, 512);
    for (let layer = 0; layer < layers; layer++) {
      entries.push(conv(`features.${index}`, out, into, 3), bias(`features.${index}`, out));
      if (batchNorm) entries.push(...norm(`features.${index + 1}`, out));
      index += batchNorm ? 3 : 2;
      into = out;
    }
    index++;
  });
  return [
    ...entries,
    ...linear('classifier.0', 4096, 512 * 49),
    ...linear('classifier.3', 4096, 4096),
    ...linear('classifier.6', 1000, 4096),
  ];
}

interface Residual {
  readonly bottleneck?: boolean;
  readonly groups?: number;
  /** Width of the 3x3 of the first stage. */
  readonly width?: number;
  readonly squeeze?: boolean;
}

function resnet(
  blocks: readonly number[],
  { bottleneck = true, groups = 1, width = 64, squeeze = false }: Residual,
) {
  const entries = [conv('conv1', 64, 3, 7), ...norm('bn1', 64)];
  let into = 64;
  blocks.forEach((count, stage) => {
    const inner = width << stage;
    const out = (bottleneck ? 256 : 64) << stage;
    for (let block = 0; block < count; block++) {
      const at = `layer${stage + 1}.${block}`;
      const sizes = bottleneck
        ? ([
            [inner, into, 1],
            [inner, inner / groups, 3],
            [out, inner, 1],
          ] as const)
        : ([
            [out, into, 3],
            [out, out, 3],
          ] as const);
      sizes.forEach(([to, from, side], layer) => {
        entries.push(conv(`${at}.conv${layer + 1}`, to, from, side), ...norm(`${at}.bn${layer + 1}`, to));
      });
      if (squeeze) {
        const few = out / 16;
        entries.push(conv(`${at}.se.fc1`, few, out, 1), bias(`${at}.se.fc1`, few));
        entries.push(conv(`${at}.se.fc2`, out, few, 1), bias(`${at}.se.fc2`, out));
      }
      if (into !== out)
        entries.push(conv(`${at}.downsample.0`, out, into, 1), ...norm(`${at}.downsample.1`, out));
      into = out;
    }
  });
  return [...entries, ...linear('fc', 1000, into)];
}

const within = (prefix: string, entries: readonly Entry[]): Entry[] =>
  entries.map(([name, shape]) => [`${prefix}.${name}`, shape]);

const withoutClassifier = (entries: readonly Entry[]) => entries.filter(([name]) => !name.startsWith('fc.'));

/** ResNet-50 whose 3x3 of layer2 to layer4 are deformable: each holds the convolution for offsets and its own. */
const deformable = resnet([3, 4, 6, 3], {}).flatMap(([name, shape]): Entry[] => {
  if (!/^layer[234]\.\d\.conv2\.weight$/.test(name)) return [[name, shape]];
  const at = name.replace('.weight', '');
  return [
    conv(`${at}.offset_conv`, 18, shape[1]!, 3),
    bias(`${at}.offset_conv`, 18),
    conv(`${at}.conv`, shape[0]!, shape[1]!, 3),
  ];
});

/** A convolution and its normalisation, neighbours in a `Sequential`. */
const normalised = (at: string, first: number, out: number, into: number, side: number): Entry[] => [
  conv(`${at}.${first}`, out, into, side),
  ...norm(`${at}.${first + 1}`, out),
];

function deeplabv3(classes: number, aux: boolean): Entry[] {
  const pyramid = [
    ...normalised('convs.0', 0, 256, 2048, 1),
    ...[1, 2, 3].flatMap((branch) => normalised(`convs.${branch}`, 0, 256, 2048, 3)),
    ...normalised('convs.4', 1, 256, 2048, 1),
    ...normalised('project', 0, 256, 1280, 1),
  ];
  const head = (at: string, out: number, into: number, first: number, last: number): Entry[] => [
    ...normalised(at, first, out, into, 3),
    conv(`${at}.${last}`, classes, out, 1),
    bias(`${at}.${last}`, classes),
  ];
  return [
    ...within('backbone', withoutClassifier(resnet([3, 4, 6, 3], {}))),
    ...within('classifier.0', pyramid),
    ...head('classifier', 256, 256, 1, 4),
    ...(aux ? head('aux_classifier', 256, 1024, 0, 4) : []),
  ];
}

function densenet(growth: number, blocks: readonly number[]): Entry[] {
  let into = 2 * growth;
  const entries = [conv('features.conv0', into, 3, 7), ...norm('features.norm0', into)];
  blocks.forEach((layers, index) => {
    for (let layer = 1; layer <= layers; layer++) {
      const at = `features.denseblock${index + 1}.denselayer${layer}`;
      entries.push(...norm(`${at}.norm1`, into), conv(`${at}.conv1`, 4 * growth, into, 1));
      entries.push(...norm(`${at}.norm2`, 4 * growth), conv(`${at}.conv2`, growth, 4 * growth, 3));
      into += growth;
    }
    if (index === blocks.length - 1) return;
    const at = `features.transition${index + 1}`;
    entries.push(...norm(`${at}.norm`, into), conv(`${at}.conv`, into / 2, into, 1));
    into /= 2;
  });
  return [...entries, ...norm('features.norm5', into), ...linear('classifier', 1000, into)];
}

const manifests: Readonly<Record<string, readonly Entry[]>> = {
  vgg11: vgg([1, 1, 2, 2, 2], false),
  vgg11_bn: vgg([1, 1, 2, 2, 2], true),
  vgg13: vgg([2, 2, 2, 2, 2], false),
  vgg13_bn: vgg([2, 2, 2, 2, 2], true),
  vgg16: vgg([2, 2, 3, 3, 3], false),
  vgg16_bn: vgg([2, 2, 3, 3, 3], true),
  vgg19: vgg([2, 2, 4, 4, 4], false),
  vgg19_bn: vgg([2, 2, 4, 4, 4], true),
  resnet18: resnet([2, 2, 2, 2], { bottleneck: false }),
  resnet34: resnet([3, 4, 6, 3], { bottleneck: false }),
  resnet50: resnet([3, 4, 6, 3], {}),
  resnet101: resnet([3, 4, 23, 3], {}),
  resnet152: resnet([3, 8, 36, 3], {}),
  resnext50_32x4d: resnet([3, 4, 6, 3], { groups: 32, width: 128 }),
  wide_resnet50_2: resnet([3, 4, 6, 3], { width: 128 }),
  seresnet50: resnet([3, 4, 6, 3], { squeeze: true }),
  seresnext50_32x4d: resnet([3, 4, 6, 3], { groups: 32, width: 128, squeeze: true }),
  deeplabv3_resnet50: deeplabv3(21, false),
  deformable_resnet50: deformable,
  hdc_resnet101: [
    ...within('backbone', withoutClassifier(resnet([3, 4, 23, 3], {}))),
    conv('upsampling.conv', 64 * 19, 2048, 3),
    bias('upsampling.conv', 64 * 19),
  ],
  densenet121: densenet(32, [6, 12, 24, 16]),
  densenet161: densenet(48, [6, 12, 36, 24]),
  densenet169: densenet(32, [6, 12, 32, 32]),
  densenet201: densenet(32, [6, 12, 48, 32]),
};

function entriesOf(network: Module): Entry[] {
  const tensors = [...network.namedParameters(), ...network.namedBuffers()];
  return tensors.map(([name, { shape }]) => [name, shape]);
}

/** Buffers behind parameters, as `entriesOf` has them; the order among each other stays. */
function buffersLast(manifest: readonly Entry[]): Entry[] {
  const isBuffer = ([name]: Entry) => /\.(running_mean|running_var|num_batches_tracked)$/.test(name);
  return [...manifest.filter((entry) => !isBuffer(entry)), ...manifest.filter(isBuffer)];
}

test.each(Object.entries(manifests))('%s has the names and shapes of its manifest', (name, manifest) => {
  const network = onDevice(meta, () => models.create(name));
  expect(entriesOf(network)).toEqual(buffersLast(manifest));
});

describe('a manifest is spelled as PyTorch does', () => {
  const { models: golden } = goldenJson('models/index.json') as {
    models: readonly { name: string; state: readonly { name: string; shape: readonly number[] }[] }[];
  };

  test.each(golden.filter(({ name }) => name in manifests))('$name', ({ name, state }) => {
    expect(manifests[name]).toEqual(state.map((entry) => [entry.name, entry.shape]));
  });
});

test('the second classifier of deeplabv3_resnet50 has the names of torchvision', () => {
  const network = onDevice(meta, () => models.create('deeplabv3_resnet50', { aux: true }));
  expect(entriesOf(network)).toEqual(buffersLast(deeplabv3(21, true)));
});

test('the residual networks for CIFAR-10 have the names of torchvision, and nothing in their shortcuts', () => {
  const names = onDevice(meta, () => models.create('resnet20'))
    .namedParameters()
    .map(([name]) => name);
  const block = (at: string) => ['conv1.weight', 'bn1', 'conv2.weight', 'bn2'].map((part) => `${at}.${part}`);
  const blocks = [1, 2, 3].flatMap((stage) => [0, 1, 2].flatMap((place) => block(`layer${stage}.${place}`)));
  const parts = ['conv1.weight', 'bn1', ...blocks].flatMap((part) =>
    part.endsWith('weight') ? [part] : [`${part}.weight`, `${part}.bias`],
  );
  expect(names).toEqual([...parts, 'fc.weight', 'fc.bias']);
});
