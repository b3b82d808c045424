import {
  AdaptiveAvgPool2d,
  AvgPool2d,
  BatchNorm2d,
  buffer,
  ChannelShuffle,
  Conv2d,
  ConvTranspose2d,
  Dropout,
  Flatten,
  GlobalAvgPool,
  GroupNorm,
  Hardsigmoid,
  Hardswish,
  hardsigmoid,
  hardswish,
  LayerNorm,
  LeakyReLU,
  Linear,
  MaxPool2d,
  Module,
  meta,
  mul,
  OptionError,
  onDevice,
  parameter,
  ReLU,
  ReLU6,
  relu,
  Sequential,
  ShapeError,
  Sigmoid,
  SiLU,
  StateDictError,
  StateError,
  type StoredTensor,
  scope,
  seeded,
  sigmoid,
  silu,
  skipInit,
  Tanh,
  type Tensor,
  tanh,
  tensor,
  Upsample,
  uniform,
  ZeroPad2d,
} from 'tenfold';
import { describe, expect, test } from 'vitest';
import { devices } from './devices.js';

/** torchvision's BasicBlock, with its names. */
class BasicBlock extends Module {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly downsample: Sequential | undefined;

  constructor(inChannels: number, outChannels: number) {
    super();
    this.conv1 = new Conv2d(inChannels, outChannels, 3, { padding: 1, bias: false });
    this.bn1 = new BatchNorm2d(outChannels);
    if (inChannels !== outChannels) this.downsample = new Sequential(new Conv2d(inChannels, outChannels, 1));
  }

  forward(x: Tensor): Tensor {
    return relu(this.bn1.forward(this.conv1.forward(x)));
  }
}

class Net extends Module {
  readonly layer1 = new Sequential(new BasicBlock(1, 2), new BasicBlock(2, 2));
  readonly features = new Sequential({
    conv0: new Conv2d(2, 2, 1, { bias: false }),
    pool0: new MaxPool2d(2),
  });
  readonly branches = [new ReLU(), new Linear(2, 3)];
  readonly Mixed_5b = new Dropout(0.1);
  readonly layerScale = parameter([1, 2, 3], [3]);
  readonly anchorGrid = buffer([0, 1], [2]);
  /** Neither of these is part of the state. */
  readonly sizes = [1, 2, 3];
  readonly note = tensor([4]);

  forward(x: Tensor): Tensor {
    const y = this.features.forward(this.layer1.forward(x));
    return mul(this.branches[1]!.forward(y), this.layerScale);
  }
}

const stateNames = [
  'layer_scale',
  'anchor_grid',
  'layer1.0.conv1.weight',
  'layer1.0.bn1.weight',
  'layer1.0.bn1.bias',
  'layer1.0.bn1.running_mean',
  'layer1.0.bn1.running_var',
  'layer1.0.bn1.num_batches_tracked',
  'layer1.0.downsample.0.weight',
  'layer1.0.downsample.0.bias',
  'layer1.1.conv1.weight',
  'layer1.1.bn1.weight',
  'layer1.1.bn1.bias',
  'layer1.1.bn1.running_mean',
  'layer1.1.bn1.running_var',
  'layer1.1.bn1.num_batches_tracked',
  'features.conv0.weight',
  'branches.1.weight',
  'branches.1.bias',
];

function errorOf(body: () => unknown): unknown {
  try {
    body();
  } catch (error) {
    return error;
  }
  return undefined;
}

/** A linear layer whose output weight is its input weight. */
class Tied extends Module {
  readonly encoder = new Linear(2, 2, { bias: false });
  readonly decoder = new Linear(2, 2, { bias: false });

  constructor() {
    super();
    this.decoder.weight.dispose();
    this.decoder.weight = this.encoder.weight;
  }

  forward(x: Tensor): Tensor {
    return this.decoder.forward(this.encoder.forward(x));
  }
}

describe.each(devices)('modules on $name', (device) => {
  const on = <Result>(body: () => Result): Result => onDevice(device, body);
  const build = () => on(() => new Net());

  test('names are those of torchvision, parameters before buffers before submodules', async () => {
    const net = build();
    expect([...(await net.stateDict()).keys()]).toEqual(stateNames);
    const buffers = /running|tracked|grid/;
    expect(net.namedParameters().map(([name]) => name)).toEqual(
      stateNames.filter((name) => !buffers.test(name)),
    );
    expect(net.namedBuffers().map(([name]) => name)).toEqual(stateNames.filter((name) => buffers.test(name)));
    expect(net.parameters()).toEqual(net.namedParameters().map(([, tensor]) => tensor));
    expect(net.parameters().every(({ requiresGrad }) => requiresGrad)).toBe(true);
    expect(net.namedBuffers().some(([, { requiresGrad }]) => requiresGrad)).toBe(false);
    const modules = net.namedModules().map(([name]) => name);
    expect(modules.slice(0, 4)).toEqual(['', 'layer1', 'layer1.0', 'layer1.0.conv1']);
    expect(modules.slice(-6)).toEqual([
      'features',
      'features.conv0',
      'features.pool0',
      'branches.0',
      'branches.1',
      'Mixed_5b',
    ]);
    net.dispose();
  });

  test('the state is a copy on the host, with kinds and shapes', async () => {
    const net = build();
    const state = await net.stateDict();
    expect(state.get('layer_scale')).toEqual({
      dtype: 'float32',
      shape: [3],
      data: Float32Array.of(1, 2, 3),
    });
    expect(state.get('layer1.0.bn1.num_batches_tracked')).toEqual({
      dtype: 'int32',
      shape: [],
      data: Int32Array.of(0),
      long: true,
    });
    expect(state.get('layer1.0.downsample.0.weight')?.shape).toEqual([2, 1, 1, 1]);
    net.dispose();
  });

  test('a state goes into another network of the same kind, and raises its versions', async () => {
    const [net, other] = on(() => [seeded(1, () => new Net()), seeded(2, () => new Net())]);
    const state = await net.stateDict();
    const weight = other!.features.namedParameters()[0]![1];
    const { version } = weight.storage;
    expect(await weight.data()).not.toEqual(state.get('features.conv0.weight')?.data);
    expect(other!.loadStateDict(state)).toEqual({ missing: [], unexpected: [] });
    expect(await other!.stateDict()).toEqual(state);
    expect(weight.storage.version).toBe(version + 1);
    net!.dispose();
    other!.dispose();
  });

  test('an error lists every missing, unexpected and misshapen name, and nothing has changed', async () => {
    const net = build();
    const before = await net.stateDict();
    const state = new Map<string, StoredTensor>(before);
    for (const name of ['layer1.0.conv1.weight', 'layer1.1.bn1.running_var']) state.delete(name);
    state.set('layer_scale', { dtype: 'float32', shape: [3], data: Float32Array.of(7, 8, 9) });
    state.set('fc.weight', { dtype: 'float32', shape: [1], data: Float32Array.of(1) });
    state.set('fc.bias', { dtype: 'float32', shape: [1], data: Float32Array.of(1) });
    state.set('branches.1.weight', { dtype: 'float32', shape: [5, 2], data: new Float32Array(10) });
    state.set('branches.1.bias', { dtype: 'int32', shape: [3], data: new Int32Array(3) });

    const error = errorOf(() => net.loadStateDict(state)) as StateDictError;
    expect(error).toBeInstanceOf(StateDictError);
    expect(error.message).toBe(
      'loadStateDict: the state does not fit Net: it lacks layer1.0.conv1.weight, layer1.1.bn1.running_var; ' +
        'it has unexpected fc.weight, fc.bias; ' +
        'branches.1.weight is float32 [5, 2] instead of float32 [3, 2]; ' +
        'branches.1.bias is int32 [3] instead of float32 [3] ' +
        '(a state of the same kind fits, and { strict: false } ignores missing and unexpected names)',
    );
    expect(error.missing).toEqual(['layer1.0.conv1.weight', 'layer1.1.bn1.running_var']);
    expect(error.unexpected).toEqual(['fc.weight', 'fc.bias']);
    expect(error.misshapen).toEqual([
      {
        name: 'branches.1.weight',
        got: { dtype: 'float32', shape: [5, 2] },
        expected: { dtype: 'float32', shape: [3, 2] },
      },
      {
        name: 'branches.1.bias',
        got: { dtype: 'int32', shape: [3] },
        expected: { dtype: 'float32', shape: [3] },
      },
    ]);
    expect(await net.stateDict()).toEqual(before);

    const lenient = errorOf(() => net.loadStateDict(state, { strict: false })) as StateDictError;
    expect(lenient).toBeInstanceOf(StateDictError);
    expect([lenient.missing, lenient.unexpected, lenient.misshapen.length]).toEqual([[], [], 2]);
    expect(lenient.message).not.toContain('fc.weight');
    const empty = errorOf(() => net.loadStateDict(new Map())) as StateDictError;
    expect(empty.missing.length).toBeGreaterThan(10);
    expect(empty.message).toContain(
      `it lacks ${empty.missing.slice(0, 8).join(', ')} and ${empty.missing.length - 8} more (`,
    );
    expect(await net.stateDict()).toEqual(before);

    const short: StoredTensor = { dtype: 'float32', shape: [3], data: Float32Array.of(1, 2) };
    expect(() => net.loadStateDict(new Map([...before, ['layer_scale', short]]))).toThrow(ShapeError);
    expect(() => net.loadStateDict(new Map([...before, ['layer_scale', short]]))).toThrow(
      'layer_scale has 2 values, which do not fill its shape [3] of 3 elements',
    );
    net.dispose();
  });

  test('not strict, it loads what fits and says what did not', async () => {
    const net = build();
    const state = new Map<string, StoredTensor>([
      ['layer_scale', { dtype: 'float32', shape: [3], data: Float32Array.of(7, 8, 9) }],
      ['fc.bias', { dtype: 'float32', shape: [1], data: Float32Array.of(1) }],
    ]);
    const { missing, unexpected } = net.loadStateDict(state, { strict: false });
    const required = stateNames.filter((name) => name !== 'layer_scale' && !name.endsWith('tracked'));
    expect(missing).toEqual(required);
    expect(unexpected).toEqual(['fc.bias']);
    expect(await net.layerScale.data()).toEqual(Float32Array.of(7, 8, 9));
    net.dispose();
  });

  test('skipInit draws nothing for what it builds, and changes nothing for what comes after', () => {
    const build = (skip: boolean) =>
      on(() =>
        seeded(5, () => {
          const first = () => new Linear(2, 3);
          return [skip ? skipInit(first) : first(), new Linear(2, 3)] as const;
        }),
      );
    const [[drawn, after], [empty, same]] = [build(false), build(true)];
    expect(drawn.weight.dataSync().every((value) => value !== 0)).toBe(true);
    expect(empty.weight.dataSync()).toEqual(new Float32Array(6));
    expect(same.weight.dataSync()).toEqual(after.weight.dataSync());
    for (const each of [drawn, after, empty, same]) each.dispose();
  });

  test('running statistics move in training, stand still in evaluation, and count their batches', async () => {
    const norm = on(() => new BatchNorm2d(2, { momentum: 0.5 }));
    const run = () => scope(() => void norm.forward(on(() => tensor([1, 10, 3, 30], [2, 1, 1, 2]))));
    run();
    run();
    expect(await norm.runningMean.data()).toEqual(Float32Array.of(1.5, 15));
    expect(await norm.runningVar.data()).toEqual(Float32Array.of(1.75, 150.25));
    expect(await norm.numBatchesTracked.item()).toBe(2);
    norm.eval();
    run();
    expect(await norm.runningMean.data()).toEqual(Float32Array.of(1.5, 15));
    expect(await norm.numBatchesTracked.item()).toBe(2);

    const state = await norm.stateDict();
    state.set('num_batches_tracked', { dtype: 'int32', shape: [1], data: Int32Array.of(41) });
    norm.loadStateDict(state);
    norm.train();
    run();
    expect(await norm.numBatchesTracked.item()).toBe(42);

    state.delete('num_batches_tracked');
    expect(norm.loadStateDict(state)).toEqual({ missing: [], unexpected: [] });
    expect(await norm.numBatchesTracked.item()).toBe(42);
    norm.dispose();
  });

  test('a failing layer counts no batch', async () => {
    const norm = on(() => new BatchNorm2d(2));
    const single = on(() => tensor([1, 2], [1, 1, 1, 2]));
    expect(() => norm.forward(single)).toThrow('expects more than one value per channel in training');
    expect(await norm.numBatchesTracked.item()).toBe(0);
    single.dispose();
    norm.dispose();
  });

  test('a tied parameter appears once, and loads under either name', async () => {
    const tied = on(() => new Tied());
    expect(tied.namedParameters().map(([name]) => name)).toEqual(['encoder.weight']);
    const state = await tied.stateDict();
    expect([...state.keys()]).toEqual(['encoder.weight']);
    const stored = (value: number): StoredTensor => ({
      dtype: 'float32',
      shape: [2, 2],
      data: new Float32Array(4).fill(value),
    });
    tied.loadStateDict(new Map([['decoder.weight', stored(3)]]));
    expect(await tied.encoder.weight.data()).toEqual(new Float32Array(4).fill(3));
    const both = new Map([
      ['encoder.weight', stored(4)],
      ['decoder.weight', stored(4)],
    ]);
    expect(tied.loadStateDict(both)).toEqual({ missing: [], unexpected: [] });
    expect(errorOf(() => tied.loadStateDict(new Map()))).toMatchObject({ missing: ['encoder.weight'] });

    const shared = on(() => new Linear(2, 2));
    const twice = new Sequential(shared, shared);
    expect(twice.namedModules().map(([name]) => name)).toEqual(['', '0']);
    expect(twice.namedParameters().map(([name]) => name)).toEqual(['0.weight', '0.bias']);
    tied.dispose();
    shared.dispose();
  });

  test('a frozen parameter stays in the state, and gets no gradient', async () => {
    const layer = on(() => new Linear(2, 1));
    layer.weight.requiresGrad = false;
    scope(() => layer.forward(on(() => tensor([1, 2], [1, 2]))).backward());
    expect(layer.weight.grad).toBeUndefined();
    expect(await layer.bias!.grad!.data()).toEqual(Float32Array.of(1));
    expect(layer.namedParameters().map(([name]) => name)).toEqual(['weight', 'bias']);
    expect([...(await layer.stateDict()).keys()]).toEqual(['weight', 'bias']);
    layer.zeroGrad();
    expect(layer.bias!.grad).toBeUndefined();
    layer.dispose();
  });

  test('training and evaluation reach every module', () => {
    const net = build();
    expect(net.namedModules().every(([, { training }]) => training)).toBe(true);
    expect(net.eval()).toBe(net);
    expect(net.namedModules().some(([, { training }]) => training)).toBe(false);
    net.layer1.train();
    const reached = net.namedModules().filter(([, { training }]) => training);
    expect(reached.map(([name]) => name)).toEqual(
      net.namedModules().flatMap(([name]) => (name.startsWith('layer1') ? [name] : [])),
    );
    expect(reached.length).toBe(9);
    expect(net.train(false).layer1.training).toBe(false);
    net.dispose();
  });

  test('a scope keeps modules made inside it; disposing of them frees everything', () => {
    const before = device.usage();
    const net = scope(() => {
      const net = build();
      net.note.dispose();
      return { made: net };
    }).made;
    const bytes = (net.parameters().length > 0 ? device.usage().bytes : 0) - before.bytes;
    expect(bytes).toBeGreaterThan(0);
    net.dispose();
    expect(device.usage()).toEqual(before);
    expect(() => net.layerScale.storage).toThrow(StateError);
  });

  test('layers compute what their operators do', async () => {
    const images = () => on(() => tensor([1, -2, 3, -4, 5, -6, 7, -8], [1, 2, 2, 2]));
    const values = async (module: Module) => {
      const y = scope(() => module.forward(images()));
      const data = [...(await y.data())];
      y.dispose();
      return [y.shape, data];
    };
    expect(await values(new ReLU())).toEqual([
      [1, 2, 2, 2],
      [1, 0, 3, 0, 5, 0, 7, 0],
    ]);
    expect(await values(new ReLU6())).toEqual([
      [1, 2, 2, 2],
      [1, 0, 3, 0, 5, 0, 6, 0],
    ]);
    expect(await values(new LeakyReLU(0.5))).toEqual([
      [1, 2, 2, 2],
      [1, -1, 3, -2, 5, -3, 7, -4],
    ]);
    expect((await values(new LeakyReLU()))[1]![1]).toBe(Math.fround(-0.02));
    const activations: readonly [Module, (x: Tensor) => Tensor][] = [
      [new Sigmoid(), sigmoid],
      [new Tanh(), tanh],
      [new SiLU(), silu],
      [new Hardsigmoid(), hardsigmoid],
      [new Hardswish(), hardswish],
    ];
    for (const [module, operator] of activations) {
      expect((await values(module))[1]).toEqual([...(await operator(images()).data())]);
    }
    expect(await values(new MaxPool2d(2))).toEqual([
      [1, 1, 1, 2],
      [7, -2],
    ]);
    expect(await values(new MaxPool2d([1, 2], { stride: 1 }))).toEqual([
      [1, 2, 1, 2],
      [3, -2, 7, -6],
    ]);
    expect(await values(new GlobalAvgPool())).toEqual([
      [1, 1, 1, 2],
      [4, -5],
    ]);
    expect(await values(new Flatten())).toEqual([
      [1, 8],
      [1, 3, 5, 7, -2, -4, -6, -8],
    ]);
    expect(await values(new Upsample({ scaleFactor: [1, 2] }))).toEqual([
      [1, 2, 4, 2],
      [1, -2, 1, -2, 3, -4, 3, -4, 5, -6, 5, -6, 7, -8, 7, -8],
    ]);
    expect(await values(new Upsample({ size: [1, 2], mode: 'bilinear' }))).toEqual([
      [1, 1, 2, 2],
      [3, -4, 5, -6],
    ]);
    expect(await values(new ZeroPad2d([0, 1, 1, 0]))).toEqual([
      [1, 3, 3, 2],
      [0, 0, 1, -2, 3, -4, 0, 0, 5, -6, 7, -8, 0, 0, 0, 0, 0, 0],
    ]);
    expect(await values(new Sequential(new Flatten(), new ChannelShuffle(2)))).toEqual([
      [1, 8],
      [1, -2, 3, -4, 5, -6, 7, -8],
    ]);
    expect(await values(new Dropout(0.5).eval())).toEqual([
      [1, 2, 2, 2],
      [1, -2, 3, -4, 5, -6, 7, -8],
    ]);
    expect(await values(new Sequential())).toEqual([
      [1, 2, 2, 2],
      [1, -2, 3, -4, 5, -6, 7, -8],
    ]);
    expect(await values(new Sequential(new ReLU(), new GlobalAvgPool(), new Flatten()))).toEqual([
      [1, 2],
      [4, 0],
    ]);

    const conv = on(() => new Conv2d(2, 4, [1, 2], { groups: 2, stride: [2, 1], padding: [0, 1] }));
    conv.loadStateDict(
      new Map([
        ['weight', { dtype: 'float32', shape: [4, 1, 1, 2], data: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8) }],
        ['bias', { dtype: 'float32', shape: [4], data: Float32Array.of(100, 200, 300, 400) }],
      ]),
    );
    expect(await values(conv)).toEqual([
      [1, 1, 3, 4],
      [102, 204, 288, 384, 107, 215, 266, 354, 103, 209, 280, 372],
    ]);
    conv.dispose();
  });

  test('pools and normalisations compute what their operators do', async () => {
    const images = () => on(() => tensor([1, -2, 3, -4, 5, -6, 7, -8], [1, 2, 2, 2]));
    const values = async (module: Module) => {
      const y = scope(() => module.forward(images()));
      const data = [...(await y.data())];
      y.dispose();
      return [y.shape, data];
    };
    expect(await values(new AvgPool2d([1, 2]))).toEqual([
      [1, 2, 1, 2],
      [2, -3, 6, -7],
    ]);
    expect(
      await values(new AvgPool2d([2, 1], { stride: 1, padding: [1, 0], countIncludePad: false })),
    ).toEqual([
      [1, 3, 2, 2],
      [1, -2, 3, -4, 3, -4, 5, -6, 5, -6, 7, -8],
    ]);
    expect(await values(new AdaptiveAvgPool2d([2, 1]))).toEqual([
      [1, 2, 1, 2],
      [2, -3, 6, -7],
    ]);
    const rounded = async (module: Module) => {
      const [, data] = (await values(module)) as [unknown, number[]];
      module.dispose();
      return data.map((value) => Math.round(value * 100) / 100);
    };
    const group = on(() => new GroupNorm(2, 2, { eps: 0 }));
    expect([...(await group.stateDict()).keys()]).toEqual(['weight', 'bias']);
    expect(await rounded(group)).toEqual([-1.34, 1.34, -0.45, 0.45, 0.45, -0.45, 1.34, -1.34]);
    expect(await rounded(on(() => new GroupNorm(1, 2, { affine: false })))).toEqual(
      [1, -2, 3, -4, 5, -6, 7, -8].map((value) => Math.round((100 * (value + 0.5)) / Math.sqrt(25.25)) / 100),
    );
    const layer = on(() => new LayerNorm(2, { eps: 0 }));
    expect([...(await layer.stateDict()).keys()]).toEqual(['weight', 'bias']);
    expect(await rounded(layer)).toEqual([1, -1, 1, -1, 1, -1, 1, -1]);
    expect(on(() => new LayerNorm(2, { elementwiseAffine: false })).parameters()).toEqual([]);
    const biasless = on(() => new LayerNorm([2, 2], { bias: false }));
    expect(biasless.namedParameters().map(([name, { shape }]) => [name, shape])).toEqual([
      ['weight', [2, 2]],
    ]);
    biasless.dispose();
  });

  test('a transposed convolution loads a state in the published layout', async () => {
    const layer = on(() => new ConvTranspose2d(2, 4, [1, 2], { groups: 2, stride: [1, 2] }));
    layer.loadStateDict(
      new Map([
        ['weight', { dtype: 'float32', shape: [2, 2, 1, 2], data: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8) }],
        ['bias', { dtype: 'float32', shape: [4], data: Float32Array.of(100, 200, 300, 400) }],
      ]),
    );
    const y = scope(() => layer.forward(on(() => tensor([1, -1, 10, -10], [1, 1, 2, 2]))));
    expect(y.shape).toEqual([1, 1, 4, 4]);
    expect([...(await y.data())]).toEqual([
      101, 203, 295, 393, 102, 204, 294, 392, 110, 230, 250, 330, 120, 240, 240, 320,
    ]);
    y.dispose();
    layer.dispose();
  });
});

describe('first values', () => {
  const [device] = devices;
  const weights = (seed: number) =>
    onDevice(device!, () => {
      const net = seeded(seed, () => new Sequential(new Conv2d(3, 4, 3, { groups: 1 }), new Linear(5, 2)));
      const values = net.parameters().map((parameter) => parameter.dataSync());
      net.dispose();
      return values;
    });

  test("lie within PyTorch's bounds and fill them", () => {
    const [convWeight, convBias, linearWeight, linearBias] = weights(0);
    for (const [values, bound] of [
      [convWeight!, 1 / Math.sqrt(27)],
      [convBias!, 1 / Math.sqrt(27)],
      [linearWeight!, 1 / Math.sqrt(5)],
      [linearBias!, 1 / Math.sqrt(5)],
    ] as const) {
      expect(values.every((value) => Math.abs(value) <= bound)).toBe(true);
    }
    const transposed = onDevice(device!, () => new ConvTranspose2d(6, 4, 3, { groups: 2 }));
    const drawn = transposed.weight.dataSync();
    // PyTorch counts the second axis of the weight, [6, 2, 3, 3].
    expect(Math.max(...drawn.map((value) => Math.abs(value)))).toBeLessThanOrEqual(1 / Math.sqrt(18));
    expect(Math.max(...drawn.map((value) => Math.abs(value)))).toBeGreaterThan(0.95 / Math.sqrt(18));
    expect(Math.max(...transposed.bias!.dataSync().map(Math.abs))).toBeLessThanOrEqual(1 / Math.sqrt(18));
    transposed.dispose();
    const largest = Math.max(...convWeight!.map((value) => Math.abs(value)));
    const mean = [...convWeight!].reduce((sum, value) => sum + value) / convWeight!.length;
    expect(largest).toBeGreaterThan(0.95 / Math.sqrt(27));
    expect(Math.abs(mean)).toBeLessThan(0.05);
  });

  test('follow from the seed alone, and differ between parameters', () => {
    const first = weights(7);
    expect(weights(7)).toEqual(first);
    expect(weights(8)).not.toEqual(first);
    const bound = 1 / Math.sqrt(5);
    expect(first[3]).toEqual(uniform(2, -bound, bound, { seed: 7, purpose: 'init 3' }));
    const [a, b] = onDevice(device!, () => [new Linear(2, 2), new Linear(2, 2)]);
    expect(a!.weight.dataSync()).not.toEqual(b!.weight.dataSync());
    a!.dispose();
    b!.dispose();
  });

  test('of a network within another do not disturb it', () => {
    const draw = (between: () => void) =>
      onDevice(device!, () =>
        seeded(3, () => {
          const parts = [new Linear(2, 2)];
          between();
          parts.push(new Linear(2, 2));
          const values = parts.map(({ weight }) => weight.dataSync());
          for (const part of parts) part.dispose();
          return values;
        }),
      );
    const failing = () =>
      seeded(9, () => {
        new Linear(2, 2).dispose();
        throw new RangeError('no');
      });
    expect(draw(() => void errorOf(failing))).toEqual(draw(() => {}));
  });

  test.each([-1, 1.5, 4294967296, Number.NaN])('seed %d is refused', (seed) => {
    const body = () => seeded(seed, () => 0);
    expect(body).toThrow(OptionError);
    expect(body).toThrow(`seeded: the seed must be a whole number from 0 to 4294967295, not ${seed}`);
  });

  test('are not drawn on the meta device', () => {
    const drawn = onDevice(meta, () =>
      parameter(() => {
        throw new Error('drawn');
      }, [1_000_000, 1_000_000]),
    );
    expect(drawn.shape).toEqual([1_000_000, 1_000_000]);
  });
});

describe('impossible layers are refused', () => {
  test.each([
    [() => new Conv2d(0, 4, 3), 'Conv2d: inChannels must be a whole number from 1 up, not 0'],
    [() => new Conv2d(4, 2.5, 3), 'Conv2d: outChannels must be a whole number from 1 up, not 2.5'],
    [() => new Conv2d(4, 4, 0), 'Conv2d: kernelSize must be a whole number from 1 up'],
    [
      () => new Conv2d(4, 6, 3, { groups: 3 }),
      'Conv2d: groups must divide the 4 input channels, but 3 does not',
    ],
    [
      () => new Conv2d(6, 4, 3, { groups: 3 }),
      'groups must be a whole number that divides the 4 output channels, not 3',
    ],
    [() => new Conv2d(4, 4, 3, { groups: -2 }), 'Conv2d: groups must be a whole number from 1 up, not -2'],
    [() => new Conv2d(4, 4, 3, { stride: 0 }), 'stride must be a whole number from 1 up'],
    [() => new Conv2d(4, 4, 3, { padding: -1 }), 'padding must be a whole number from 0 up'],
    [() => new Conv2d(4, 4, 3, { dilation: [1, 0] }), 'not [1,0]'],
    [
      () => new Conv2d(4, 4, 3, { padding: 'same', stride: 2 }),
      "padding 'same' needs stride 1, but stride is [2, 2]",
    ],
    [() => new Linear(0, 1), 'Linear: inFeatures must be a whole number from 1 up, not 0'],
    [() => new Linear(1, -1), 'Linear: outFeatures must be a whole number from 1 up, not -1'],
    [() => new BatchNorm2d(0), 'BatchNorm2d: channels must be a whole number from 1 up, not 0'],
    [() => new BatchNorm2d(2, { momentum: 2 }), 'momentum between 0 and 1, not 0.00001 and 2'],
    [() => new MaxPool2d(0), 'kernelSize must be a whole number from 1 up'],
    [() => new MaxPool2d(2, { padding: 2 }), 'padding [2, 2] is more than half the kernel [2, 2]'],
    [() => new Upsample({}), 'interpolate: give either size or scaleFactor, not neither'],
    [() => new Upsample({ scaleFactor: 0 }), 'scaleFactor [0, 0] makes 0 by 0 pixels'],
    [() => new Upsample({ size: [3, 0] }), 'size must be a whole number from 1 up'],
    [() => new ZeroPad2d([1, -1]), 'padding must be a whole number from 0 up'],
    [() => new ChannelShuffle(0), 'ChannelShuffle: groups must be a whole number from 1 up, not 0'],
    [() => new LeakyReLU(Number.NaN), 'leakyRelu: negativeSlope must be a finite number, not NaN'],
    [() => new AvgPool2d([2, 0]), 'kernelSize must be a whole number from 1 up'],
    [() => new AvgPool2d(3, { padding: 2 }), 'padding [2, 2] is more than half the kernel [3, 3]'],
    [() => new AdaptiveAvgPool2d(0), 'outputSize must be a whole number from 1 up'],
    [() => new GroupNorm(2, 0), 'GroupNorm: channels must be a whole number from 1 up, not 0'],
    [() => new GroupNorm(4, 6), 'numGroups must be a whole number that divides the 6 channels, not 4'],
    [() => new GroupNorm(2, 6, { eps: -1 }), 'eps must be at least 0, not -1'],
    [() => new LayerNorm([4, 0]), 'LayerNorm: normalizedShape must be a whole number from 1 up'],
    [() => new LayerNorm(4, { eps: -1 }), 'eps must be at least 0, not -1'],
    [
      () => new ConvTranspose2d(0, 4, 3),
      'ConvTranspose2d: inChannels must be a whole number from 1 up, not 0',
    ],
    [
      () => new ConvTranspose2d(4, 0, 3),
      'ConvTranspose2d: outChannels must be a whole number from 1 up, not 0',
    ],
    [() => new ConvTranspose2d(4, 4, 0), 'ConvTranspose2d: kernelSize must be a whole number from 1 up'],
    [
      () => new ConvTranspose2d(6, 4, 3, { groups: 3 }),
      'ConvTranspose2d: groups must divide the 4 output channels, but 3 does not',
    ],
    [
      () => new ConvTranspose2d(4, 6, 3, { groups: 3 }),
      'groups must be a whole number that divides the 4 input channels, not 3',
    ],
    [
      () => new ConvTranspose2d(4, 4, 3, { groups: 0 }),
      'ConvTranspose2d: groups must be a whole number from 1 up, not 0',
    ],
    [
      () => new ConvTranspose2d(4, 4, 3, { stride: 2, outputPadding: [1, 2] }),
      'outputPadding 2 of the width must be less than its stride 2 or its dilation 1',
    ],
    [() => new Dropout(1), 'p must be at least 0 and below 1, not 1'],
  ])('%#', (make, message) => {
    const error = errorOf(make) as OptionError;
    expect(error).toBeInstanceOf(OptionError);
    expect(error.message).toContain(message);
  });
});
