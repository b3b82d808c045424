import {
  BatchNorm2d,
  Conv2d,
  crossEntropy,
  type Device,
  Dropout,
  firstNonFinite,
  flatten,
  Linear,
  Module,
  mean,
  meta,
  mul,
  onDevice,
  relu,
  Sequential,
  StateError,
  type Tensor,
  tensor,
  zeros,
} from 'tenfold';
import { describe, expect, test } from 'vitest';
import { devices } from './devices.js';

class Net extends Module {
  readonly layer1 = new Sequential(new Conv2d(1, 2, 3), new BatchNorm2d(2));
  readonly dropout = new Dropout(0.5);
  readonly fc = new Linear(8, 3);
  /** What the network itself multiplies its last activation by. */
  gain = 1;

  forward(x: Tensor): Tensor {
    const y = this.dropout.forward(relu(this.layer1.forward(x)));
    const gained = mul(y, tensor([this.gain], [1], { device: y.device }));
    return this.fc.forward(flatten(gained));
  }
}

const image = Array.from({ length: 16 }, (_, index) => (index % 5) - 2);

function setUp(device: Device) {
  const net = onDevice(device, () => new Net());
  const input = (values: readonly number[] = image) => tensor(values, [1, 4, 4, 1], { device });
  const loss = (values?: readonly number[]) =>
    crossEntropy(net.forward(input(values)), tensor(Int32Array.of(1), [1], { device }));
  return { net, input, loss };
}

const batchNormOf = (net: Net) => [...net.layer1][1] as BatchNorm2d;

/** Overwrites one element. */
function spoil(x: Tensor, index: number, value: number): void {
  const values = x.dataSync();
  values[index] = value;
  x.device.write(x.storage.handle, values);
}

describe.each(devices)('firstNonFinite on $name', (device) => {
  test('finds nothing where all is finite', async () => {
    const { net, loss } = setUp(device);
    expect(await firstNonFinite(net, loss)).toBeUndefined();
    net.dispose();
  });

  test('names the layer whose weight is not finite', async () => {
    const { net, loss } = setUp(device);
    spoil(net.fc.weight, 4, Number.NaN);
    expect(await firstNonFinite(net, () => loss())).toEqual({
      module: 'fc',
      operator: 'linear',
      outputShape: [1, 3],
      value: Number.NaN,
      inputs: ['fc.weight'],
    });
    net.dispose();
  });

  test('names the model itself where it computes, and no input where it began there', async () => {
    const { net, loss } = setUp(device);
    net.eval();
    spoil(batchNormOf(net).weight, 0, 1e30);
    net.gain = 1e30;
    const found = await firstNonFinite(net, () => loss());
    expect(found).toMatchObject({ module: '', operator: 'mul', inputs: [] });
    expect(found!.value).toBe(Number.POSITIVE_INFINITY);
    net.dispose();
  });

  test('names images that were not finite from the beginning', async () => {
    const { net, loss } = setUp(device);
    const found = await firstNonFinite(net, () => loss([...image.slice(0, 15), Number.NEGATIVE_INFINITY]));
    expect(found).toMatchObject({ module: 'layer1.0', operator: 'conv2d', inputs: ['input 0'] });
    net.dispose();
  });

  test('buffers count as they were before the operator wrote to them', async () => {
    const { net, loss } = setUp(device);
    const batchNorm = batchNormOf(net);
    spoil(batchNorm.weight, 1, Number.NaN);
    const training = await firstNonFinite(net, () => loss());
    expect(training).toMatchObject({ module: 'layer1.1', inputs: ['layer1.1.weight'] });
    net.eval();
    spoil(batchNorm.weight, 1, 1);
    spoil(batchNorm.runningMean, 0, Number.NaN);
    const evaluating = await firstNonFinite(net, () => loss());
    expect(evaluating).toMatchObject({ module: 'layer1.1', inputs: ['layer1.1.running_mean'] });
    net.dispose();
  });

  test('says where the operator lies outside the model', async () => {
    const { net } = setUp(device);
    const found = await firstNonFinite(net, () => mean(zeros([0], { device })));
    expect(found).toMatchObject({ module: undefined, operator: 'mean', value: Number.NaN });
    net.dispose();
  });

  test('leaves the model and the device as they were', async () => {
    const { net, input, loss } = setUp(device);
    const [usage, state] = [device.usage(), await net.stateDict()];
    await firstNonFinite(net, () => loss([...image.slice(0, 15), Number.NaN]));
    const failing = firstNonFinite(net, () => {
      net.forward(input());
      throw new RangeError('no more data');
    });
    await expect(failing).rejects.toThrow(new RangeError('no more data'));
    expect(await net.stateDict()).toEqual(state);
    expect(device.usage()).toEqual(usage);
    expect(Object.hasOwn(net.fc, 'forward')).toBe(false);
    expect(net.layer1.training).toBe(true);
    net.dispose();
  });

  test('keeps a forward that is a field of its module', async () => {
    const { net, loss } = setUp(device);
    const forward = (x: Tensor) => Net.prototype.forward.call(net, x);
    net.forward = forward;
    spoil(net.fc.bias!, 0, Number.NaN);
    expect(await firstNonFinite(net, () => loss())).toMatchObject({ module: 'fc', inputs: ['fc.bias'] });
    expect(net.forward).toBe(forward);
    net.dispose();
  });

  test('dropout draws as in the step of that seed and number', async () => {
    const { net, input } = setUp(device);
    const draw = async (options?: { seed: number; step: number }) => {
      let dropped: number[] = [];
      await firstNonFinite(
        net,
        () => {
          dropped = [...net.dropout.forward(input()).dataSync()];
        },
        options,
      );
      return dropped;
    };
    expect(await draw({ seed: 3, step: 7 })).toEqual(await draw({ seed: 3, step: 7 }));
    expect(await draw({ seed: 3, step: 8 })).not.toEqual(await draw({ seed: 3, step: 7 }));
    expect(await draw()).toEqual(await draw({ seed: 0, step: 0 }));
    net.dispose();
  });

  test('an asynchronous function is refused', async () => {
    const { net, loss } = setUp(device);
    const looking = firstNonFinite(net, async () => loss());
    await expect(looking).rejects.toThrow(StateError);
    await expect(firstNonFinite(net, () => Promise.reject(new Error('later')))).rejects.toThrow(
      'firstNonFinite: the function is asynchronous, but only what it does before it returns is looked at; await before firstNonFinite',
    );
    net.dispose();
  });
});

test('a device that cannot be read without waiting is refused', async () => {
  const { net, loss } = setUp(meta);
  await expect(firstNonFinite(net, () => loss())).rejects.toThrow(
    'dataSync: the meta device cannot be read without waiting',
  );
});
