/**
 * Names and shapes of the networks without golden values. They are spelled out here once more, from the papers' tables and
 * torchvision's way of naming; that the spelling is right, the networks with golden values show.
 */

import { type Module, models, parseSafetensors, serializeSafetensors } from 'tenfold';
import { describe, expect, test } from 'vitest';
import { meta, onDevice, wasm } from './devices.js';
import { goldenJson } from './golden.js';
import { differentTensors, rawTensors, torchFile } from './torch-safetensors.js';

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

/** Convolution and normalisation as torchvision's Conv2dNormActivation names them. */
const convNorm = (name: string, out: number, into: number, side: number): Entry[] => [
  conv(`${name}.0`, out, into, side),
  ...norm(`${name}.1`, out),
];

/** An inverted residual of MobileNet v3 and EfficientNet; `squeezed` channels, if any, for squeeze-and-excitation. */
function inverted(at: string, into: number, expanded: number, out: number, side: number, squeezed: number) {
  const entries: Entry[] = [];
  let item = 0;
  if (expanded !== into) entries.push(...convNorm(`${at}.block.${item++}`, expanded, into, 1));
  entries.push(...convNorm(`${at}.block.${item++}`, expanded, 1, side));
  if (squeezed > 0) {
    const gate = `${at}.block.${item++}`;
    entries.push(conv(`${gate}.fc1`, squeezed, expanded, 1), bias(`${gate}.fc1`, squeezed));
    entries.push(conv(`${gate}.fc2`, expanded, squeezed, 1), bias(`${gate}.fc2`, expanded));
  }
  return [...entries, ...convNorm(`${at}.block.${item}`, out, expanded, 1)];
}

/** Table 2 of the paper: kernel, expanded, out, squeezed (a quarter of the expanded, a multiple of 8). */
function mobilenetV3Small(): Entry[] {
  const rows = [
    [3, 16, 16, 8],
    [3, 72, 24, 0],
    [3, 88, 24, 0],
    [5, 96, 40, 24],
    [5, 240, 40, 64],
    [5, 240, 40, 64],
    [5, 120, 48, 32],
    [5, 144, 48, 40],
    [5, 288, 96, 72],
    [5, 576, 96, 144],
    [5, 576, 96, 144],
  ] as const;
  const entries = convNorm('features.0', 16, 3, 3);
  let into = 16;
  rows.forEach(([side, expanded, out, squeezed], row) => {
    entries.push(...inverted(`features.${row + 1}`, into, expanded, out, side, squeezed));
    into = out;
  });
  entries.push(...convNorm('features.12', 576, 96, 1));
  return [...entries, ...linear('classifier.0', 1024, 576), ...linear('classifier.3', 1000, 1024)];
}

/** Table 1 of the paper: expansion, kernel, channels, blocks; a quarter of a block's input is squeezed into. */
function efficientnetB0(): Entry[] {
  const stages = [
    [1, 3, 16, 1],
    [6, 3, 24, 2],
    [6, 5, 40, 2],
    [6, 3, 80, 3],
    [6, 5, 112, 3],
    [6, 5, 192, 4],
    [6, 3, 320, 1],
  ] as const;
  const entries = convNorm('features.0', 32, 3, 3);
  let into = 32;
  stages.forEach(([expansion, side, out, blocks], stage) => {
    for (let block = 0; block < blocks; block++) {
      const at = `features.${stage + 1}.${block}`;
      entries.push(...inverted(at, into, expansion * into, out, side, into / 4));
      into = out;
    }
  });
  return [...entries, ...convNorm('features.8', 1280, 320, 1), ...linear('classifier.1', 1000, 1280)];
}

function shufflenetV1(groups: number, channels: number): Entry[] {
  const entries = [conv('conv1', 24, 3, 3), ...norm('bn1', 24)];
  let into = 24;
  [4, 8, 4].forEach((units, stage) => {
    const out = channels << stage;
    for (let unit = 0; unit < units; unit++) {
      const at = `stage${stage + 2}.${unit}`;
      const branch = unit === 0 ? out - into : out;
      const ungrouped = stage === 0 && unit === 0;
      entries.push(conv(`${at}.gconv1`, out / 4, ungrouped ? into : into / groups, 1));
      entries.push(...norm(`${at}.bn1`, out / 4), conv(`${at}.dwconv`, out / 4, 1, 3));
      entries.push(...norm(`${at}.bn2`, out / 4), conv(`${at}.gconv2`, branch, out / 4 / groups, 1));
      entries.push(...norm(`${at}.bn3`, branch));
      into = out;
    }
  });
  return [...entries, ...linear('fc', 1000, into)];
}

function shufflenetV2(channels: number, last: number): Entry[] {
  const entries = convNorm('conv1', 24, 3, 3);
  let into = 24;
  [4, 8, 4].forEach((units, stage) => {
    const half = (channels << stage) / 2;
    for (let unit = 0; unit < units; unit++) {
      const at = `stage${stage + 2}.${unit}`;
      if (unit === 0) {
        entries.push(conv(`${at}.branch1.0`, into, 1, 3), ...norm(`${at}.branch1.1`, into));
        entries.push(conv(`${at}.branch1.2`, half, into, 1), ...norm(`${at}.branch1.3`, half));
      }
      entries.push(
        conv(`${at}.branch2.0`, half, unit === 0 ? into : half, 1),
        ...norm(`${at}.branch2.1`, half),
      );
      entries.push(conv(`${at}.branch2.3`, half, 1, 3), ...norm(`${at}.branch2.4`, half));
      entries.push(conv(`${at}.branch2.5`, half, half, 1), ...norm(`${at}.branch2.6`, half));
    }
    into = 2 * half;
  });
  return [...entries, ...convNorm('conv5', last, into, 1), ...linear('fc', 1000, last)];
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
  mobilenet_v3_small: mobilenetV3Small(),
  efficientnet_b0: efficientnetB0(),
  shufflenet_v1_g1: shufflenetV1(1, 144),
  shufflenet_v1_g2: shufflenetV1(2, 200),
  shufflenet_v1_g3: shufflenetV1(3, 240),
  shufflenet_v1_g4: shufflenetV1(4, 272),
  shufflenet_v1_g8: shufflenetV1(8, 384),
  shufflenet_v2_x0_5: shufflenetV2(48, 1024),
  shufflenet_v2_x1_0: shufflenetV2(116, 1024),
  shufflenet_v2_x1_5: shufflenetV2(176, 1024),
  shufflenet_v2_x2_0: shufflenetV2(244, 2048),
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

const { models: golden } = goldenJson('models/index.json') as {
  models: readonly {
    id: string;
    name: string;
    state: readonly { name: string; shape: readonly number[] }[];
  }[];
};
const withGolden = new Set(golden.flatMap(({ id, name }) => [id, name]));

describe('a manifest is spelled as PyTorch does', () => {
  const found = golden.flatMap(({ id, name, state }) => {
    const manifest = manifests[name] ?? manifests[id];
    return manifest ? [[id, manifest, state] as const] : [];
  });

  test.each(found)('%s', (_, manifest, state) => {
    expect(manifest).toEqual(state.map(({ name, shape }) => [name, shape]));
  });
});

// Those with golden values are loaded in golden-models.test.ts; files of hundreds of megabytes would show nothing more.
describe('a file of PyTorch is loaded, strict, and saved as the same bytes', () => {
  const elements = (manifest: readonly Entry[]) =>
    manifest.reduce((sum, [, shape]) => sum + shape.reduce((product, side) => product * side, 1), 0);
  const small = Object.entries(manifests).filter(
    ([name, manifest]) => !withGolden.has(name) && elements(manifest) < 25e6,
  );

  test.each(small)('%s', async (name, manifest) => {
    const file = torchFile(manifest.map(([name, shape]) => ({ name, shape, scale: 1, shift: 0 })));
    const network = models.create(name);
    network.loadStateDict(parseSafetensors(file).tensors);
    const saved = rawTensors(serializeSafetensors(await network.stateDict()));
    network.dispose();
    expect([...saved.keys()]).toEqual(manifest.map(([name]) => name));
    expect(differentTensors(rawTensors(file), saved)).toEqual([]);
    expect(wasm.usage()).toEqual({ bytes: 0, tensors: 0 });
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
