import {
  BatchNorm2d,
  type Device,
  Linear,
  Module,
  OptionError,
  onDevice,
  optim,
  parameter,
  predict,
  StateDictError,
  StateError,
  type StoredTensor,
  type Tensor,
  tensor,
} from 'tenfold';
import { describe, expect, test } from 'vitest';
import { devices } from './devices.js';

/** One weight, and a layer with buffers. */
class Net extends Module {
  readonly scale = parameter([8, -8], [2]);
  readonly bn = new BatchNorm2d(2);

  forward(x: Tensor): Tensor {
    return this.bn.forward(x);
  }
}

const build = (device: Device) => onDevice(device, () => new Net());

/** Overwrites the weight, as a step of training would. */
function setScale(net: Net, values: readonly number[]): void {
  const { device, storage } = net.scale;
  device.write(storage.handle, Float32Array.from(values));
  storage.version++;
}

const close = (values: readonly number[]) => values.map((value) => expect.closeTo(value, 5));
const values = async (x: Tensor) => [...(await x.data())];
const count = (value: number): StoredTensor => ({
  dtype: 'int32',
  shape: [],
  data: Int32Array.of(value),
});

describe.each(devices)('exponentialMovingAverage on $name', (device) => {
  test('begins with the parameters and follows them', async () => {
    const net = build(device);
    const ema = optim.exponentialMovingAverage(net, { decay: 0.75 });
    expect(await ema.apply(() => values(net.scale))).toEqual([8, -8]);
    setScale(net, [16, 0]);
    ema.update();
    expect(await ema.apply(() => values(net.scale))).toEqual([10, -6]);
    ema.update();
    expect(await ema.apply(() => values(net.scale))).toEqual([11.5, -4.5]);
    expect(ema.updates).toBe(2);
    expect(await values(net.scale)).toEqual([16, 0]);
    ema.dispose();
    net.dispose();
  });

  test('warms up: the decay is (1 + t) / (10 + t) until that is more', async () => {
    const net = build(device);
    const ema = optim.exponentialMovingAverage(net, { decay: 0.2, warmUp: true });
    setScale(net, [0, 10]);
    const averages = [];
    for (let t = 0; t < 4; t++) {
      ema.update();
      averages.push((await ema.apply(() => values(net.scale)))[0]!);
    }
    const [first, second] = [8 * (1 / 10), 8 * (1 / 10) * (2 / 11)];
    expect(averages).toEqual(close([first, second, second * 0.2, second * 0.2 * 0.2]));
    ema.dispose();
    net.dispose();
  });

  test('swap exchanges exactly, and tells whoever prepared copies of the weights', async () => {
    const net = build(device);
    const ema = optim.exponentialMovingAverage(net, { decay: 0.9 });
    const trained = Math.fround(1 / 3);
    setScale(net, [trained, -0]);
    ema.update();
    const { version } = net.scale.storage;
    ema.swap();
    expect([ema.swapped, net.scale.storage.version]).toEqual([true, version + 1]);
    expect(await values(net.scale)).toEqual(close([8 + 0.1 * (trained - 8), -7.2]));
    ema.swap();
    expect([ema.swapped, net.scale.storage.version]).toEqual([false, version + 2]);
    expect(await values(net.scale)).toEqual([trained, -0]);
    ema.dispose();
    net.dispose();
  });

  test('apply waits for asynchronous work, and puts the trained weights back after an error too', async () => {
    const net = build(device);
    const ema = optim.exponentialMovingAverage(net, { decay: 0.5 });
    setScale(net, [0, 0]);
    ema.update();
    expect([...(await ema.apply(() => predict(() => net.scale)))]).toEqual([4, -4]);
    expect(await values(net.scale)).toEqual([0, 0]);
    const failing = ema.apply(async () => {
      await predict(() => net.scale);
      throw new RangeError('no more data');
    });
    await expect(failing).rejects.toThrow(new RangeError('no more data'));
    expect([ema.swapped, await values(net.scale)]).toEqual([false, [0, 0]]);
    ema.dispose();
    net.dispose();
  });

  test('the averaged model has the buffers of the trained one', async () => {
    const net = build(device);
    const ema = optim.exponentialMovingAverage(net, { decay: 0.5 });
    setScale(net, [0, 0]);
    await predict(() => net.forward(tensor([1, 2, 3, 6], [1, 1, 2, 2], { device })));
    ema.update();
    const [trained, averaged] = [await net.stateDict(), await ema.apply(() => net.stateDict())];
    expect([...averaged.keys()]).toEqual([...trained.keys()]);
    expect([...averaged.get('scale')!.data]).toEqual([4, -4]);
    expect(averaged.get('bn.num_batches_tracked')!.data).toEqual(Int32Array.of(1));
    averaged.delete('scale');
    trained.delete('scale');
    expect(averaged).toEqual(trained);
    ema.dispose();
    net.dispose();
  });

  test('its state goes from one to another', async () => {
    const [net, other] = [build(device), build(device)];
    const options = { decay: 0.5, warmUp: true };
    const [first, second] = [
      optim.exponentialMovingAverage(net, options),
      optim.exponentialMovingAverage(other, options),
    ];
    setScale(net, [1, 2]);
    first.update();
    first.update();
    const state = await first.stateDict();
    expect([...state.keys()]).toEqual(['updates', 'average.scale', 'average.bn.weight', 'average.bn.bias']);
    expect(state.get('updates')).toEqual(count(2));
    expect(second.loadStateDict(state)).toEqual({ missing: [], unexpected: [] });
    expect(await second.stateDict()).toEqual(state);
    expect(second.updates).toBe(2);
    for (const each of [first, second, net, other]) each.dispose();
  });

  test('a state of another model is refused whole', async () => {
    const net = build(device);
    const ema = optim.exponentialMovingAverage(net, { decay: 0.5 });
    const before = await ema.stateDict();
    const other = new Map(before).set('average.scale', {
      dtype: 'float32',
      shape: [3],
      data: new Float32Array(3),
    });
    other.delete('average.bn.bias');
    expect(() => ema.loadStateDict(other)).toThrow(StateDictError);
    expect(() => ema.loadStateDict(other)).toThrow(
      'the state does not fit exponentialMovingAverage: it lacks average.bn.bias; average.scale is float32 [3] instead of float32 [2]',
    );
    expect(() => ema.loadStateDict(new Map(before).set('updates', count(-4)))).toThrow(
      'exponentialMovingAverage: updates must be a whole number from 0 up, not -4',
    );
    expect(await ema.stateDict()).toEqual(before);
    ema.dispose();
    net.dispose();
  });

  test('while the weights are swapped, all that needs the trained ones is refused', async () => {
    const net = build(device);
    const ema = optim.exponentialMovingAverage(net, { decay: 0.5 });
    const state = await ema.stateDict();
    ema.swap();
    const message = (method: string) =>
      `exponentialMovingAverage: ${method} needs the trained weights in the model, but it holds the averaged ones; call swap() first`;
    expect(() => ema.update()).toThrow(StateError);
    expect(() => ema.update()).toThrow(message('update'));
    expect(() => ema.loadStateDict(state)).toThrow(message('loadStateDict'));
    await expect(ema.stateDict()).rejects.toThrow(message('stateDict'));
    await expect(ema.apply(() => 1)).rejects.toThrow(message('apply'));
    expect([ema.swapped, ema.updates]).toEqual([true, 0]);
    ema.dispose();
    net.dispose();
  });

  test('its averages outlive scopes and are freed with it, and the model keeps the trained weights', async () => {
    const before = device.usage();
    const net = build(device);
    const own = device.usage();
    const ema = optim.exponentialMovingAverage(net, { decay: 0.5 });
    setScale(net, [3, 4]);
    await predict(() => {
      ema.update();
      return net.scale;
    });
    ema.swap();
    ema.dispose();
    expect(device.usage()).toEqual(own);
    expect(await values(net.scale)).toEqual([3, 4]);
    net.dispose();
    expect(device.usage()).toEqual(before);
  });
});

test.each([1, -0.5, Number.NaN])('a decay of %d is refused', (decay) => {
  const net = onDevice(devices[0]!, () => new Linear(1, 1));
  const make = () => optim.exponentialMovingAverage(net, { decay });
  expect(make).toThrow(OptionError);
  expect(make).toThrow(`exponentialMovingAverage: decay must be at least 0 and below 1, not ${decay}`);
});
