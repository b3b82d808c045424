/** What `inspect` says of published networks, against published numbers, and against what devices do. */

import {
  add,
  analysis,
  cost,
  DeformableConv,
  type Device,
  DilatedStack,
  hdcDesign,
  hdcDistances,
  inspect,
  Module,
  meta,
  models,
  nn,
  OptionError,
  onDevice,
  ShapeError,
  scope,
  sum,
  type Tensor,
  tensor,
} from 'tenfold';
import { reference } from 'tenfold/reference';
import { describe, expect, test } from 'vitest';
import { goldenJson } from './golden.js';

const known = new Set(models.list().map(({ name }) => name));

function shapeOf(name: string, options: object = {}): readonly [number, number, number, number] {
  const { height, width } = models.find(name).input;
  return [1, height, width, models.optionsOf(name, options).inChannels as number];
}

describe('costs', () => {
  interface Golden {
    readonly name: string;
    readonly params: number;
    readonly macs: { readonly input: readonly number[]; readonly value: number };
  }
  const golden = (goldenJson('models/index.json') as { models: readonly Golden[] }).models;

  test.each(golden.filter(({ name }) => known.has(name)).map((model) => [model.name, model] as const))(
    '%s has the parameters and multiply-accumulates that PyTorch counts',
    (name, { params, macs }) => {
      const [batch, channels, height, width] = macs.input as [number, number, number, number];
      const found = inspect(() => models.create(name), [batch, height, width, channels]);
      expect(found.parameters).toBe(params);
      expect(found.macs).toBe(macs.value);
      expect(found.layers.reduce((total, layer) => total + layer.macs, 0)).toBe(macs.value);
      const [whole] = found.modules;
      expect(whole).toMatchObject({ name: '', macs: macs.value, macsBackward: found.macsBackward });
    },
  );

  test.each([...known])('%s costs what cost counts', (name) => {
    const counted = cost(() => models.create(name), shapeOf(name));
    const traced = analysis.trace(() => models.create(name), shapeOf(name));
    expect(traced.steps.length).toBe(counted.applications.length);
    expect(traced.parameters).toBe(counted.parameters);
  });

  /** The products that a backward pass really runs, on a device that only listens. */
  function backwardProducts(build: () => Module, shape: readonly number[]): number {
    let macs = 0;
    let isForward = true;
    const listening: Device = {
      ...meta,
      run(kernel, record) {
        if (isForward || !/^(conv2d|deformConv2d)/.test(kernel)) return;
        const { batch, outHeight, outWidth, outChannels, inChannels, groups, kernelHeight, kernelWidth } =
          record as Readonly<Record<string, number>>;
        macs +=
          (batch! * outHeight! * outWidth! * outChannels! * inChannels! * kernelHeight! * kernelWidth!) /
          groups!;
      },
    };
    onDevice(listening, () => {
      const model = build().eval();
      scope(() => {
        const loss = sum(model.forward(tensor(new Float32Array(shape.reduce((a, b) => a * b)), shape)));
        isForward = false;
        loss.backward();
      });
    });
    return macs;
  }

  test.each(['mnist_net', 'tenfold_net', 'resnet_tiny', 'densenet_tiny', 'googlenet_tiny', 'seresnet50'])(
    'the backward pass of %s runs as many multiply-accumulates as are said',
    (name) => {
      const build = () => models.create(name);
      expect(backwardProducts(build, shapeOf(name))).toBe(inspect(build, shapeOf(name)).macsBackward);
    },
  );

  test('those of transposed convolutions and matrix products, too', () => {
    const build = () =>
      new nn.Sequential(new nn.Conv2d(2, 3, 3), new nn.ConvTranspose2d(3, 4, 3), new nn.Linear(4, 5));
    const { macs, macsBackward } = inspect(build, [1, 6, 7, 2]);
    expect(backwardProducts(build, [1, 6, 7, 2])).toBe(macsBackward);
    // All but the gradient of the image.
    expect(macsBackward).toBe(2 * macs - 4 * 5 * 3 * 2 * 9);
  });
});

describe('memory', () => {
  test.each(['mnist_net', 'tenfold_net', 'vgg_tiny', 'densenet_tiny'])(
    '%s keeps for training what the tape holds',
    (name) => {
      const [, height, width, channels] = shapeOf(name);
      const shape = [2, height, width, channels] as const;
      const said = inspect(() => models.create(name), shape).memory.keptForTrainingBytes!;
      let held = 0;
      const counting: Device = {
        ...reference,
        allocate(dtype, length) {
          held += 4 * length;
          return reference.allocate(dtype, length);
        },
        free(handle) {
          held -= 4 * (handle as Float64Array).length;
          reference.free(handle);
        },
      };
      onDevice(counting, () => {
        const model = models.create(name).train();
        const x = tensor(new Float32Array(2 * height * width * channels).fill(0.5), shape);
        const before = held;
        const y = scope(() => model.forward(x));
        // The images, which the first convolution keeps, were there before; nothing keeps the logits.
        held -= before - 4 * (x.length - y.length);
      });
      expect(said).toBe(held);
    },
  );

  test('the peak of inference is where most is alive', () => {
    const conv = (inChannels: number, outChannels: number) => new nn.Conv2d(inChannels, outChannels, 1);
    const build = () => new nn.Sequential(conv(1, 8), new nn.ReLU(), conv(8, 4), conv(4, 1));
    const { memory } = inspect(build, [1, 10, 10, 1]);
    // Before and behind the ReLU, 8 channels each.
    expect(memory).toMatchObject({ inferencePeakBytes: 4 * 100 * 16, inferencePeakLayer: '1' });
  });

  test('a network that cannot train on one image says why', () => {
    const build = () => new nn.Sequential(new nn.GlobalAvgPool(), new nn.BatchNorm2d(3));
    const { memory } = inspect(build, [1, 4, 4, 3]);
    expect(memory.keptForTrainingBytes).toBeUndefined();
    expect(memory.trainingProblem).toContain('expects more than one value per channel in training');
  });
});

describe('receptive fields', () => {
  interface Published {
    readonly model: string;
    readonly receptive_field: number;
    readonly effective_stride?: number;
    readonly effective_padding?: number;
  }
  const literature = goldenJson('models/literature.json') as Readonly<
    Record<'receptive_fields' | 'receptive_fields_computed', { readonly values: readonly Published[] }>
  >;
  /** TF-Slim's networks as they are called here; its ResNets are those of the paper. */
  const namesHere: Readonly<Record<string, readonly [string, object]>> = {
    alexnet_v2: ['alexnet', {}],
    vgg_16: ['vgg16', {}],
    inception_v3: ['inception_v3', {}],
    mobilenet_v1: ['mobilenetv1_100', {}],
    resnet_v1_50: ['resnet50', { strideInReduce: true }],
    resnet_v1_101: ['resnet101', { strideInReduce: true }],
    resnet_v1_152: ['resnet152', { strideInReduce: true }],
  };
  const rows = [
    ...literature.receptive_fields.values.map(
      (row) => [...namesHere[row.model]!, row.receptive_field, 32] as const,
    ),
    ['resnet152', { strideInReduce: true }, 1507, 32] as const,
    ...literature.receptive_fields_computed.values.map((row) => {
      const { receptive_field, stride } = row as Published & { readonly stride: number };
      return [row.model.split('/')[1]!, {}, receptive_field, stride] as const;
    }),
    ['resnet34', {}, 899, 32] as const,
    ['resnet101', {}, 971, 32] as const,
    ['resnet152', {}, 1451, 32] as const,
    ['densenet161', {}, 2967, 32] as const,
    ['mobilenet_v2', {}, 491, 32] as const,
    ['shufflenet_v1_g3', {}, 527, 32] as const,
  ].filter(([name]) => known.has(name));

  test.each(rows)('%s %j: %i pixels, stride %i', (name, options, size, stride) => {
    const traced = analysis.trace(() => models.create(name, options), shapeOf(name, options));
    const { fields, featureMap, misaligned } = analysis.receptiveFields(traced);
    expect(fields[featureMap.index]).toMatchObject({ height: size, width: size, stride: [stride, stride] });
    expect(misaligned).toEqual([]);
  });

  test.each([
    ['vgg16', 90],
    ['inception_v3', 618],
  ])('%s begins %i pixels outside of the image', (name, padding) => {
    const { receptiveField } = inspect(() => models.create(name), shapeOf(name));
    expect(receptiveField.start).toEqual([-padding, -padding]);
  });

  const fieldOf = (build: () => Module, shape: readonly number[]) => inspect(build, shape).receptiveField;

  test('of squeeze-and-excitation and group normalisation are unbounded, and the convolutional ones are given', () => {
    expect(fieldOf(() => models.create('seresnet50'), [1, 224, 224, 3])).toMatchObject({
      kind: 'unbounded',
      height: 427,
    });
    const normalised = () =>
      new nn.Sequential(new nn.Conv2d(1, 4, 3), new nn.GroupNorm(2, 4), new nn.Conv2d(4, 1, [1, 5]));
    expect(fieldOf(normalised, [1, 20, 20, 1])).toMatchObject({ kind: 'unbounded', height: 3, width: 7 });
  });

  test('of a deformable convolution depend on the data, and are those of its taps and of its offsets', () => {
    class Deformable extends Module {
      readonly first = new nn.Conv2d(1, 2, 3, { padding: 1 });
      readonly deform = new DeformableConv(2, 2);
      forward(x: Tensor): Tensor {
        return this.deform.forward(this.first.forward(x));
      }
    }
    expect(fieldOf(() => new Deformable(), [1, 20, 20, 1])).toMatchObject({
      kind: 'data-dependent',
      height: 5,
      width: 5,
    });
  });

  test('paths that meet with different centres are named', () => {
    class Shifted extends Module {
      readonly even = new nn.Conv2d(1, 1, [2, 3], { padding: 'same' });
      forward(x: Tensor): Tensor {
        return add(x, this.even.forward(x));
      }
    }
    const { misaligned, receptiveField } = inspect(() => new Shifted(), [1, 8, 8, 1]);
    expect(misaligned).toEqual([{ layer: 'add', distance: [0.5, 0] }]);
    expect(receptiveField).toMatchObject({ height: 2, width: 3, start: [0, -1] });
  });
});

describe('the effective receptive field', () => {
  const measured = (build: () => Module, side: number) =>
    onDevice(reference, () => analysis.effectiveReceptiveField(build, [1, side, side, 2], { samples: 2 }));

  test('lies inside the field, is largest where the gradient is, and the same every time', async () => {
    const build = () =>
      new nn.Sequential(
        new nn.Conv2d(2, 3, 3),
        new nn.ReLU(),
        new nn.Conv2d(3, 3, 3),
        new nn.GlobalAvgPool(),
      );
    const found = await measured(build, 15);
    // The middle of an 11x11 map sees 5x5 pixels from [5, 5].
    const outside = found.share.filter((_, index) => {
      const [row, column] = [Math.floor(index / 15), index % 15];
      return row < 5 || row > 9 || column < 5 || column > 9;
    });
    expect(Math.max(...outside)).toBe(0);
    expect(Math.max(...found.share)).toBe(1);
    expect(found.side).toBeGreaterThan(2);
    expect(found.side).toBeLessThanOrEqual(5);
  });

  test('of a network that ignores its image is an error', async () => {
    await expect(measured(() => new nn.Sequential(new nn.GlobalAvgPool()), 5)).rejects.toThrow(
      'effectiveReceptiveField: the network has no feature map',
    );
  });
});

describe('gridding', () => {
  /** A stack of 1xK convolutions on a row as wide as its field. */
  const stack = (rates: readonly number[]) => {
    const width = 1 + 2 * rates.reduce((total, rate) => total + rate, 0);
    const layers = () =>
      rates.map(
        (rate) => new nn.Conv2d(1, 1, [1, 3], { dilation: [1, rate], padding: [0, rate], bias: false }),
      );
    return { build: () => new nn.Sequential(...layers()), shape: [1, 1, width, 1] as const };
  };
  const holesOf = (rates: readonly number[]) => {
    const { build, shape } = stack(rates);
    const traced = analysis.trace(build, shape);
    const { worst } = analysis.coverage(traced, analysis.receptiveFields(traced))!;
    expect(worst.pixels).toBe(shape[2]);
    return worst.pixels - worst.covered;
  };

  test('of the 1000 triples: 143 with holes pass the recursion, 119 the common-factor rule too, 38 without fail it', () => {
    const divides = (factor: number) => (rate: number) => rate % factor === 0;
    const table = Array.from({ length: 1000 }, (_, index) => {
      const rates = [1 + Math.floor(index / 100), 1 + (Math.floor(index / 10) % 10), 1 + (index % 10)];
      return {
        rates,
        recursion: hdcDistances(rates)[1]! <= 3,
        factors: ![2, 3, 5, 7].some((factor) => rates.every(divides(factor))),
        whole: holesOf(rates) === 0,
      };
    });
    expect(table.filter(({ recursion, whole }) => recursion && !whole)).toHaveLength(143);
    expect(table.filter(({ recursion, factors, whole }) => recursion && factors && !whole)).toHaveLength(119);
    expect(table.filter(({ recursion, whole }) => !recursion && whole)).toHaveLength(38);
    const rising = table.filter(({ rates: [a, b, c] }) => a === 1 && c! >= b!);
    expect(rising).toHaveLength(55);
    expect(rising.every(({ recursion, whole }) => recursion === whole)).toBe(true);
  });

  test('the recommended sawtooth has no hole', () => {
    expect(holesOf([1, 2, 5, 1, 2, 5])).toBe(0);
    expect(holesOf([2, 2, 2])).toBe(6);
  });

  test.each([2, 3, 4, 5])(
    'hdcDesign with %i layers: no set with a hole, and one wherever there is one',
    (layers) => {
      const hasDesign = (sum: number) => {
        const visit = (chosen: readonly number[], left: number): boolean => {
          if (chosen.length === layers) return left === 0 && plainly(chosen) === 1 + 2 * sum;
          const least = chosen.at(-1) ?? 1;
          for (let rate = least; rate * (layers - chosen.length) <= left; rate++) {
            if (visit([...chosen, rate], left - rate)) return true;
          }
          return false;
        };
        return visit([], sum);
      };
      for (let field = 1; field <= 63; field++) {
        const isPossible = field % 2 === 1 && hasDesign((field - 1) / 2);
        if (isPossible) {
          const rates = hdcDesign({ layers, receptiveField: field }) as readonly number[];
          expect(rates).toHaveLength(layers);
          expect(holesOf(rates)).toBe(0);
          expect(stack(rates).shape[2]).toBe(field);
        } else expect(() => hdcDesign({ layers, receptiveField: field }), `${field}`).toThrow(OptionError);
      }
    },
  );

  /** How many positions a stack reads, as plainly as can be. */
  const plainly = (rates: readonly number[]) => {
    let read = new Set([0]);
    for (const rate of rates) read = new Set([...read].flatMap((at) => [at, at + rate, at + 2 * rate]));
    return read.size;
  };

  const dilated = (rates: readonly number[]) => () => new DilatedStack(1, 1, rates, { norm: false });

  test('is counted, with what the rules say and what would be better', () => {
    const { gridding, coverage, advice } = inspect(dilated([2, 2, 2]), [1, 31, 31, 1]);
    expect(coverage).toMatchObject({ pixels: 169, covered: 49, holes: 120, pixel: [15, 15] });
    expect(gridding.holes).toBe(120);
    expect(gridding.chains).toMatchObject([
      {
        rates: [
          [2, 2],
          [2, 2],
          [2, 2],
        ],
        ok: false,
        holes: [6, 6],
        recursion: ['[2, 2, 2] has M_2 = 2, at most the kernel size 3'],
        commonFactor: ['[2, 2, 2] has the common factor 2'],
        proposal: [1, 1, 4],
      },
    ]);
    expect(advice.find(({ kind }) => kind === 'gridding')!.text).toBe(
      '120 of the 169 pixels in the field of an output are never read (gridding). Instead of the rates [2, 2, 2], [1, 1, 4] leave none in a field of the same or the nearest size.',
    );
  });

  test('is not what borders cut off', () => {
    // Rates of which the larger leaves the image: only the middle column of its taps reads.
    const { coverage } = inspect(dilated([1, 40]), [1, 21, 21, 1]);
    expect(coverage).toMatchObject({
      pixels: 9,
      covered: 9,
      holes: 0,
      box: { top: 9, bottom: 11, left: 9, right: 11 },
    });
  });

  test('depends on the whole path: the tail of DeepLabv3, alone and behind the layers before it', () => {
    const tail = [2, 4, 4];
    expect(inspect(dilated(tail), [1, 65, 65, 1]).gridding.chains[0]!.holes).toEqual([10, 10]);
    const whole = inspect(dilated([1, 2, 2, 2, 2, 2, ...tail, 36]), [1, 131, 131, 1]);
    expect(whole.gridding.holes).toBe(0);
  });

  test.runIf(known.has('deeplabv3_resnet50'))('DeepLabv3 reads its whole field', () => {
    const { coverage } = inspect(() => models.create('deeplabv3_resnet50'), [1, 520, 520, 3]);
    expect(coverage!.holes).toBe(0);
  });
});

describe('channels, paths and readings', () => {
  test('groups without a shuffle stay apart, with it they meet', () => {
    const grouped =
      (...layers: Module[]) =>
      () =>
        new nn.Sequential(...layers);
    const conv = () => onDevice(meta, () => new nn.Conv2d(8, 8, 1, { groups: 4 }));
    const apart = inspect(grouped(conv(), conv()), [1, 4, 4, 8]).connectivity[0];
    expect(apart).toEqual({
      module: '',
      inChannels: 8,
      outChannels: 8,
      connected: 16,
      complete: false,
      parts: 4,
    });
    const shuffle = onDevice(meta, () => new nn.ChannelShuffle(4));
    const mixed = inspect(grouped(conv(), shuffle, conv(), shuffle, conv()), [1, 4, 4, 8]).connectivity[0];
    expect(mixed).toMatchObject({ connected: 64, complete: true, parts: 1 });
  });

  test.each([
    ['resnet18', 2 ** 8],
    ['resnet50', 2 ** 16],
    ['resnet101', 2 ** 33],
    ['densenet121', 2 ** 58],
    ['vgg16', 1],
  ])('%s has %d paths', (name, count) => {
    const traced = analysis.trace(() => models.create(name), shapeOf(name));
    const found = analysis.paths(traced, analysis.receptiveFields(traced).featureMap);
    expect(found.count).toBe(BigInt(count));
    expect(found.lengths.reduce((total, one) => total + one.count, 0n)).toBe(found.count);
  });

  test('the lengths of the paths of a residual network are distributed binomially', () => {
    const { lengths } = inspect(() => models.create('resnet20'), shapeOf('resnet20')).paths;
    // 9 blocks of two convolutions, behind the first one; shortcuts have none.
    const binomial = [1, 9, 36, 84, 126, 126, 84, 36, 9, 1];
    expect(lengths).toEqual(binomial.map((count, blocks) => ({ length: 1 + 2 * blocks, count: `${count}` })));
  });

  test('each layer of a dense block reads all before it', () => {
    const { reads } = inspect(() => models.create('densenet121'), shapeOf('densenet121'));
    const layer = (number: number, conv: number) => `features.denseblock1.denselayer${number}.conv${conv}`;
    const of = (name: string) => reads.find((one) => one.layer === name)!.reads;
    expect(of(layer(4, 1))).toEqual(['features.conv0', layer(1, 2), layer(2, 2), layer(3, 2)]);
    expect(of(layer(4, 2))).toEqual([layer(4, 1)]);
  });
});

describe('advice', () => {
  const adviceOf = (build: () => Module, shape: readonly number[]) => inspect(build, shape).advice;

  test('a 5x5 gives way to two 3x3', () => {
    const [found] = adviceOf(() => new nn.Conv2d(16, 16, 5, { padding: 2 }), [1, 9, 9, 16]).filter(
      ({ kind }) => kind === 'stack',
    );
    const macs = 81 * 256 * 25;
    expect(found!.figures).toEqual({ macsSaved: (macs * 7) / 25, share: 1 - 18 / 25 });
  });

  test('a first layer of large kernels is left alone where small ones would cost more', () => {
    const build = () => new nn.Sequential(new nn.Conv2d(3, 64, 5, { padding: 2 }));
    expect(adviceOf(build, [1, 9, 9, 3]).filter(({ kind }) => kind === 'stack')).toEqual([]);
  });

  test('a dense 3x3 gives way to a separable one: 1 / channels + 1 / 9 of the work', () => {
    const [found] = adviceOf(() => new nn.Conv2d(64, 64, 3, { padding: 1 }), [1, 8, 8, 64]).filter(
      ({ kind }) => kind === 'separable',
    );
    expect(found!.figures.share).toBeCloseTo(1 - (1 / 64 + 1 / 9), 12);
  });

  test('widths that leave lanes idle', () => {
    const [found] = adviceOf(() => new nn.Conv2d(8, 10, 3), [1, 8, 8, 8]).filter(
      ({ kind }) => kind === 'lanes',
    );
    expect(found!.figures).toEqual({ channels: 10, fullChannels: 16, idle: 1 - 10 / 16 });
    expect(
      adviceOf(() => new nn.Conv2d(8, 16, 3), [1, 8, 8, 8]).filter(({ kind }) => kind === 'lanes'),
    ).toEqual([]);
    const texts = (channels: number, groups: number) =>
      adviceOf(() => new nn.Conv2d(channels, channels, 3, { groups }), [1, 8, 8, channels])
        .filter(({ kind }) => kind === 'lanes')
        .map(({ text }) => text);
    // Panels of all channels of a depthwise convolution overlap; below one panel there is none.
    expect(texts(16, 16)).toEqual([]);
    expect(texts(10, 10)).toEqual([
      'conv2d makes 10 channels where kernels make 8 at a time: 38 % of their lanes stay idle; 16 cost the same.',
    ]);
    expect(texts(6, 6)).toEqual([
      'conv2d makes 6 channels depthwise, fewer than the 8 that kernels make at a time, so they are made one by one; 8 cost less.',
    ]);
    expect(texts(12, 2)).toEqual([
      'conv2d makes 6 channels a group where kernels make 8 at a time: 25 % of their lanes stay idle; 8 cost the same.',
    ]);
  });

  test('fully connected layers that hold the parameters', () => {
    const texts = adviceOf(() => models.create('vgg16'), [1, 224, 224, 3]).map(({ text }) => text);
    expect(texts).toContain(
      'classifier.0 and classifier.3 take 74 % and 12 % of the parameters (119,545,856 of 138,357,544).',
    );
  });
});

describe('networks without convolutions', () => {
  test('see the whole image at once', () => {
    const build = () => new nn.Sequential(new nn.Flatten(), new nn.Linear(64, 3));
    const { coverage, layers, advice } = inspect(build, [1, 8, 8, 1]);
    expect(coverage).toBeUndefined();
    expect(layers.map(({ receptiveField }) => receptiveField!.kind)).toEqual(['unbounded', 'unbounded']);
    expect(advice.map(({ kind }) => kind)).not.toContain('field');
  });

  test('of a single pixel see that pixel', () => {
    const { receptiveField } = inspect(() => new nn.Linear(6, 3), [1, 6]);
    expect(receptiveField).toMatchObject({ kind: 'fixed', height: 1, width: 1 });
  });
});

describe('nonsense', () => {
  test('an input that does not fit', () => {
    const build = () => models.create('mnist_net');
    expect(() => inspect(build, [1, 28, 28, 3])).toThrow(ShapeError);
    expect(() => inspect(build, [1, 28, 28, 3])).toThrow(
      'conv2d: input has 3 channels but weight [32, 1, 5, 5]',
    );
    expect(() => inspect(build, [28, 28, 1])).toThrow('expects images of shape [N, H, W, C]');
  });

  test('a network that ignores its input, or returns no tensor', () => {
    class Constant extends Module {
      readonly weight = nn.parameter([1], [1]);
      forward(): Tensor {
        return add(this.weight, this.weight);
      }
    }
    expect(() => inspect(() => new Constant(), [1, 2, 2, 1])).toThrow(
      'the output does not depend on the input',
    );
    class Nothing extends Module {
      forward(): Tensor {
        return undefined as unknown as Tensor;
      }
    }
    expect(() => inspect(() => new Nothing(), [1, 2, 2, 1])).toThrow(
      'Nothing: the forward pass must return a tensor, not undefined',
    );
    class Later extends Module {
      forward(x: Tensor): Tensor {
        return Promise.resolve(x) as unknown as Tensor;
      }
    }
    expect(() => inspect(() => new Later(), [1, 2, 2, 1])).toThrow(
      'Later: the forward pass must return a tensor, not a promise',
    );
  });
});
