import {
  cost,
  type Module,
  meta,
  models,
  nn,
  OptionError,
  onDevice,
  predict,
  ShapeError,
  tensor,
} from 'tenfold';
import { describe, expect, test } from 'vitest';
import { devices } from './devices.js';

describe('cost', () => {
  test('of mnistNet equals a count by hand', () => {
    const counted = cost(() => models.mnistNet(), [1, 28, 28, 1]);
    const convolutions = [
      14 * 14 * 32 * (5 * 5 * 1),
      14 * 14 * 32 * (3 * 3 * 32),
      7 * 7 * 64 * (3 * 3 * 32),
      7 * 7 * 64 * (3 * 3 * 64),
    ];
    const macs = counted.applications
      .map(({ cost }) => cost.multiplyAccumulates)
      .filter((count) => count > 0);
    expect(macs).toEqual([...convolutions, 64 * 10]);
    expect(counted.multiplyAccumulates).toBe(4_673_280);
    expect(counted.multiplyAccumulates).toBeLessThanOrEqual(5_000_000);
    expect(counted.parameters).toBe(
      32 * 25 + 32 * 288 + 64 * 288 + 64 * 576 + 2 * (32 + 32 + 64 + 64) + 64 * 10 + 10,
    );
    // Batch norm in evaluation 3, ReLU 1 for each activation; the average 1 for each that it reads.
    const activations = 2 * 14 * 14 * 32 + 2 * 7 * 7 * 64;
    expect(counted.otherOperations).toBe(4 * activations + 7 * 7 * 64);
    expect(counted.applications.map(({ operator }) => operator)).toEqual([
      ...[1, 2, 3, 4].flatMap(() => ['conv2d', 'batchNorm', 'relu']),
      ...['globalAvgPool', 'flatten', 'linear'],
    ]);
    expect(counted.applications.map(({ outputShape }) => outputShape).slice(-4)).toEqual([
      [1, 7, 7, 64],
      [1, 1, 1, 64],
      [1, 64],
      [1, 10],
    ]);
    expect(counted.applications.map(({ module }) => module ?? '').slice(-5)).toEqual([
      'bn4',
      '',
      '',
      '',
      'fc',
    ]);
    expect(counted.applications.map(({ parameters }) => parameters).slice(-5)).toEqual([128, 0, 0, 0, 650]);
    expect(counted.applications[0]!.record).toMatchObject({
      outChannels: 32,
      strideHeight: 2,
      kernelWidth: 5,
    });
  });

  test('grows with the batch, but parameters do not', () => {
    const one = cost(() => models.mnistNet({ inChannels: 3, numClasses: 7 }), [1, 32, 40, 3]);
    const five = cost(() => models.mnistNet({ inChannels: 3, numClasses: 7 }), [5, 32, 40, 3]);
    expect(five.multiplyAccumulates).toBe(5 * one.multiplyAccumulates);
    expect(five.parameters).toBe(one.parameters);
  });

  test('of pools, normalisations and transposed convolutions equals a count by hand', () => {
    const build = () =>
      new nn.Sequential(
        new nn.ConvTranspose2d(3, 4, 2, { stride: 2 }),
        new nn.AvgPool2d(2),
        new nn.AdaptiveAvgPool2d([2, 3]),
        new nn.GroupNorm(2, 4),
        new nn.LayerNorm(4),
      );
    const { applications, parameters } = cost(build, [2, 5, 6, 3]);
    // Every input pixel and channel meets 4 taps of 4 channels.
    expect(applications.map(({ cost }) => cost.multiplyAccumulates)).toEqual([
      2 * 5 * 6 * 3 * 4 * 4,
      0,
      0,
      0,
      0,
    ]);
    // Pools read 2 * 2 and 5/2 * 2 pixels a window; normalisations do 6 operations an element.
    expect(applications.map(({ cost }) => cost.otherOperations)).toEqual([
      0,
      2 * 5 * 6 * 4 * 4,
      2 * 5 * 6 * 4,
      6 * 2 * 2 * 3 * 4,
      6 * 2 * 2 * 3 * 4,
    ]);
    expect(parameters).toBe(3 * 4 * 4 + 4 + 8 + 8);
  });

  test('of a network too large for any memory takes none', () => {
    const huge = () => new nn.Conv2d(100_000, 100_000, 3, { bias: false });
    expect(cost(huge, [1, 5000, 3000, 100_000]).parameters).toBe(90_000_000_000);
  });

  test('of an input that does not fit is an error', () => {
    const count = () => cost(() => models.mnistNet(), [1, 28, 28, 3]);
    expect(count).toThrow(ShapeError);
    expect(count).toThrow('conv2d: input has 3 channels but weight [32, 1, 5, 5] with groups 1 expects 1');
  });
});

describe('mnistNet', () => {
  const build = (options?: models.MnistNetOptions) => onDevice(meta, () => models.mnistNet(options));

  test('has the names that its parts would have in PyTorch', () => {
    const net: Module = build();
    const layers = [1, 2, 3, 4].flatMap((i) => [`conv${i}.weight`, `bn${i}.weight`, `bn${i}.bias`]);
    expect(net.namedParameters().map(([name]) => name)).toEqual([...layers, 'fc.weight', 'fc.bias']);
    expect(net.namedBuffers().map(([name]) => name)).toContain('bn4.running_var');
  });

  test('refuses impossible options', () => {
    expect(() => build({ numClasses: 0 })).toThrow(OptionError);
    expect(() => build({ inChannels: 1.5 })).toThrow(
      'Conv2d: inChannels must be a whole number from 1 up, not 1.5',
    );
    expect(() => build({ seed: -1 })).toThrow('the seed must be a whole number from 0 to 4294967295, not -1');
  });

  test.each(devices)('gives logits on $name, the same for the same seed', async (device) => {
    const image = Float32Array.from({ length: 2 * 12 * 9 }, (_, index) => (index % 7) / 7);
    const logits = (seed: number) => {
      const net = onDevice(device, () => models.mnistNet({ numClasses: 3, seed })).eval();
      return predict(() => net.forward(tensor(image, [2, 12, 9, 1], { device }))).finally(() =>
        net.dispose(),
      );
    };
    const first = await logits(1);
    expect(first.length).toBe(6);
    expect(first.every(Number.isFinite)).toBe(true);
    expect(await logits(1)).toEqual(first);
    expect(await logits(2)).not.toEqual(first);
  });
});
