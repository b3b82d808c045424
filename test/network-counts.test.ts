/** Published counts of networks: exact parameters and multiply-accumulates. */

import { cost, Module, models, type Tensor } from 'tenfold';
import { describe, expect, test } from 'vitest';
import { goldenJson } from './golden.js';

/** For one image of `side`, the network's own side if not given. */
function count(name: string, options: object = {}, side = models.find(name).input.height) {
  const { inChannels } = models.optionsOf(name, options);
  const build = () => models.create(name, options);
  const { parameters, multiplyAccumulates } = cost(build, [1, side, side, inChannels as number]);
  return { parameters, multiplyAccumulates };
}

describe('torchvision', () => {
  interface Published {
    readonly model: string;
    readonly num_params: number;
    readonly gmacs: number;
    readonly input_size: number;
  }
  const { values } = (
    goldenJson('models/literature.json') as { torchvision_weights: { values: readonly Published[] } }
  ).torchvision_weights;
  // torchvision's meta data of weights for the networks that the golden values leave out.
  const others: readonly (readonly [string, number, number])[] = [
    ['vgg11_bn', 132_868_840, 7.609],
    ['vgg13', 133_047_848, 11.308],
    ['vgg13_bn', 133_053_736, 11.308],
    ['vgg16', 138_357_544, 15.47],
    ['vgg19', 143_667_240, 19.632],
    ['vgg19_bn', 143_678_248, 19.632],
    ['resnet34', 21_797_672, 3.664],
    ['resnet101', 44_549_160, 7.801],
    ['resnet152', 60_192_808, 11.514],
    ['wide_resnet50_2', 68_883_240, 11.398],
    ['densenet161', 28_681_000, 7.728],
    ['densenet169', 14_149_480, 3.36],
    ['densenet201', 20_013_928, 4.291],
    ['efficientnet_b0', 5_288_548, 0.386],
    ['shufflenet_v2_x1_5', 3_503_624, 0.296],
    ['shufflenet_v2_x2_0', 7_393_996, 0.583],
  ];
  // Theirs count the auxiliary classifier, which this network does not have.
  const auxiliary: Readonly<Record<string, number>> = { inception_v3: 27_161_264 - 23_834_568 };
  const known = new Set(models.list().map(({ name }) => name));
  // Compared below, with its second classifier.
  known.delete('deeplabv3_resnet50');
  const published = [
    ...values
      .filter(({ model }) => known.has(model))
      .map(({ model, num_params, gmacs, input_size }) => [model, num_params, gmacs, input_size] as const),
    ...others.map((row) => [...row, 224] as const),
  ];

  test.each(published)('%s has %d parameters and %d thousand million', (name, parameters, gmacs, side) => {
    const counted = count(name, {}, side);
    expect(counted.parameters).toBe(parameters - (auxiliary[name] ?? 0));
    expect(Math.round(counted.multiplyAccumulates / 1e6) / 1000).toBe(gmacs);
  });

  test('deeplabv3_resnet50 has the published counts when both of its classifiers run', () => {
    class Both extends Module {
      readonly network = models.deeplabv3_resnet50({ aux: true });
      forward(x: Tensor): Tensor {
        return this.network.outputs(x).aux!;
      }
    }
    const { num_params, gmacs, input_size } = values.find(({ model }) => model === 'deeplabv3_resnet50')!;
    const counted = cost(() => new Both(), [1, input_size, input_size, 3]);
    expect(counted.parameters).toBe(num_params);
    expect(Math.round(counted.multiplyAccumulates / 1e6) / 1000).toBe(gmacs);
    expect(counted.multiplyAccumulates).toBe(178_721_945_088);
  });
});

describe('papers and other collections', () => {
  test.each<[string, object, number, number]>([
    // Exact multiply-accumulates, computed with torchvision.
    ['vgg16', {}, 138_357_544, 15_470_264_320],
    ['resnet34', {}, 21_797_672, 3_663_761_408],
    ['resnet101', {}, 44_549_160, 7_801_405_440],
    ['densenet161', {}, 28_681_000, 7_727_907_072],
    // The paper's 3.8 thousand million: the stride is in the first 1x1.
    ['resnet50', { strideInReduce: true }, 25_557_032, 3_857_973_248],
    ['seresnet50', { strideInReduce: true }, 28_088_024, 3_857_973_248 + 2_514_944],
    ['deeplabv3_resnet50', {}, 39_638_869, 168_731_205_888],
    // The counts that are quoted for the two-column network of 2012.
    ['alexnet', { original: true }, 60_965_224, 724_406_816],
    // The paper's 4.2 million parameters and 569 million multiply-accumulates.
    ['mobilenetv1_100', {}, 4_231_976, 568_740_352],
    // The networks for CIFAR-10.
    ['resnet20', {}, 269_722, 40_551_040],
    ['resnet32', {}, 464_154, 68_862_592],
    ['resnet44', {}, 658_586, 97_174_144],
    ['resnet56', {}, 853_018, 125_485_696],
    ['densenet_40_12', {}, 1_019_722, 264_812_928],
    ['densenet_bc_100_12', {}, 769_162, 287_929_692],
  ])('%s %j', (name, options, parameters, multiplyAccumulates) => {
    expect(count(name, options)).toEqual({ parameters, multiplyAccumulates });
  });

  // osmr/imgclsmob counts the parameters; the paper counts 143, 140, 137, 133 and 137 million, without the classifier.
  test.each([
    [1, 1_531_936, 142_502_976],
    [2, 1_733_848, 140_036_512],
    [3, 1_865_728, 136_500_672],
    [4, 1_968_344, 133_251_776],
    [8, 2_434_768, 136_829_952],
  ])('shufflenet_v1_g%d', (groups, parameters, convolutions) => {
    const { applications, ...counted } = cost(
      () => models.create(`shufflenet_v1_g${groups}`),
      [1, 224, 224, 3],
    );
    const classifier = applications.at(-1)!.cost.multiplyAccumulates;
    expect(counted.parameters).toBe(parameters);
    expect(counted.multiplyAccumulates - classifier).toBe(convolutions);
  });

  test('seresnext50_32x4d is resnext50_32x4d with two layers of squeeze-and-excitation for each block', () => {
    const plain = count('resnext50_32x4d');
    const added = [3, 4, 6, 3].map((blocks, stage) => [blocks, 256 << stage, 16 << stage] as const);
    const weights = added.reduce((sum, [blocks, channels, few]) => sum + blocks * 2 * channels * few, 0);
    const biases = added.reduce((sum, [blocks, channels, few]) => sum + blocks * (channels + few), 0);
    expect(count('seresnext50_32x4d')).toEqual({
      parameters: plain.parameters + weights + biases,
      multiplyAccumulates: plain.multiplyAccumulates + weights,
    });
  });
});

describe('networks for small images', () => {
  const tiny = models.list().filter(({ name }) => name.endsWith('_tiny'));

  test.each(tiny.map(({ name }) => name))('%s takes at most ten million multiply-accumulates', (name) => {
    for (const [side, inChannels] of [
      [28, 1],
      [32, 3],
    ] as const) {
      expect(count(name, { inChannels }, side).multiplyAccumulates).toBeLessThanOrEqual(10_000_000);
    }
  });

  test('deformable_resnet_tiny does so with masks too', () => {
    const { multiplyAccumulates } = count('deformable_resnet_tiny', { modulated: true, inChannels: 3 }, 32);
    expect(multiplyAccumulates).toBeLessThanOrEqual(10_000_000);
  });

  test('there is one of each family', () => {
    expect(tiny.map(({ name }) => name).sort()).toEqual(
      expect.arrayContaining([
        'alexnet_tiny',
        'deformable_resnet_tiny',
        'densenet_tiny',
        'efficientnet_tiny',
        'googlenet_tiny',
        'inception_v3_tiny',
        'mobilenet_v1_tiny',
        'mobilenet_v2_tiny',
        'mobilenet_v3_tiny',
        'resnet_tiny',
        'resnext_tiny',
        'seresnet_tiny',
        'shufflenet_v1_tiny',
        'shufflenet_v2_tiny',
        'squeezenet_tiny',
        'vgg_tiny',
        'xception_tiny',
      ]),
    );
  });
});

describe('options', () => {
  test.each<[string, object]>([
    ['vgg11', { width: 0.5 }],
    ['resnet18', { width: 0.5 }],
    ['resnext50_32x4d', { width: 0.5 }],
    ['googlenet', { width: 0.5 }],
    ['inception_v3', { width: 0.5 }],
    ['legacy_xception', { width: 0.5 }],
    ['resnet20', { width: 0.5 }],
  ])('%s at half the width takes about a quarter of the work', (name, options) => {
    const share = count(name, options).multiplyAccumulates / count(name).multiplyAccumulates;
    expect(share).toBeGreaterThan(0.24);
    expect(share).toBeLessThan(0.3);
  });

  // The authors' table of checkpoints (tensorflow/models, research/slim/nets/mobilenet), in whole millions, for images of
  // 224, 192, 160, 128 and 96 pixels. (They give larger widths for 224 only.)
  test.each([
    [1.4, [582]],
    [1.3, [509]],
    [1, [300, 221, 154, 99, 56]],
    [0.75, [209, 153, 107, 69, 39]],
    [0.5, [97, 71, 50, 32, 18]],
    [0.35, [59, 43, 30, 20, 11]],
  ])('mobilenet_v2 at width %d costs what its authors say', (width, millions) => {
    const found = millions.map((_, size) => count('mobilenet_v2', { width }, 224 - 32 * size));
    expect(found.map(({ multiplyAccumulates }) => Math.floor(multiplyAccumulates / 1e6))).toEqual(millions);
  });

  // Table 6 of the paper: million multiply-accumulates and parameters.
  test.each([
    [1, 569, 4.2],
    [0.75, 325, 2.6],
    [0.5, 149, 1.3],
    [0.25, 41, 0.5],
  ])('mobilenetv1_100 at width %d costs what the paper says', (width, millions, parameters) => {
    const found = count('mobilenetv1_100', { width });
    expect(Math.round(found.multiplyAccumulates / 1e6)).toBe(millions);
    expect(Math.round(found.parameters / 1e5) / 10).toBe(parameters);
  });

  test.each([1, 2, 3, 4, 8])('shufflenet_v1_g%d has whole groups at any width', (groups) => {
    const counted = [0.25, 0.3, 0.5, 1, 1.5, 2].map(
      (width) => count(`shufflenet_v1_g${groups}`, { width }).parameters,
    );
    expect(counted).toEqual([...counted].sort((a, b) => a - b));
  });

  test.each([
    'resnet18',
    'resnet50',
    'densenet121',
    'mobilenet_v2',
    'shufflenet_v1_g3',
    'shufflenet_v2_x1_0',
  ])('%s keeps small images large with smallImages', (name) => {
    const options = { smallImages: true, numClasses: 10 };
    const { applications } = cost(() => models.create(name, options), [1, 32, 32, 3]);
    expect(applications[0]!.outputShape.slice(0, 3)).toEqual([1, 32, 32]);
    expect(applications.map(({ operator }) => operator)).not.toContain('maxPool2d');
  });

  test("kernelSize5 gives GoogLeNet the paper's 5x5", () => {
    const kernels = (options: object) =>
      cost(() => models.create('googlenet', options), [1, 224, 224, 3]).applications.flatMap(({ record }) =>
        'kernelHeight' in record && 'weightShape' in record ? [record.kernelHeight] : [],
      );
    expect(kernels({}).filter((side) => side === 5)).toHaveLength(0);
    expect(kernels({ kernelSize5: 5 }).filter((side) => side === 5)).toHaveLength(9);
  });
});

describe('networks with other convolutions in the place of plain ones', () => {
  test.each([false, true])(
    'deformable_resnet50 is resnet50 and its offset layers, modulated %s',
    (modulated) => {
      const plain = count('resnet50');
      const perTap = modulated ? 27 : 18;
      // 3x3 layers of stages 2 to 4: how many, their channels, side of their results in an image of 224x224.
      const layers = [
        [4, 128, 28],
        [6, 256, 14],
        [3, 512, 7],
      ] as const;
      const weights = layers.map(([blocks, channels]) => blocks * 9 * channels * perTap);
      const biases = layers.map(([blocks]) => blocks * perTap);
      const work = layers.map(([, , side], index) => weights[index]! * side * side);
      const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
      expect(count('deformable_resnet50', { modulated })).toEqual({
        parameters: plain.parameters + sum(weights) + sum(biases),
        multiplyAccumulates: plain.multiplyAccumulates + sum(work),
      });
    },
  );

  test('rates of hdc_resnet101 cost nothing', () => {
    const plain = count('hdc_resnet101', { layer3Rates: [1], layer4Rates: [1] });
    expect(count('hdc_resnet101')).toEqual(plain);
    expect(plain).toEqual({ parameters: 64_914_688, multiplyAccumulates: 51_498_237_952 });
  });
});
