import {
  add,
  type Device,
  mean,
  mul,
  type nn,
  OptionError,
  onDevice,
  optim,
  parameter,
  StateDictError,
  type StoredTensor,
  scope,
  sum,
  type Tensor,
  tensor,
} from 'tenfold';
import { describe, expect, test } from 'vitest';
import { devices } from './devices.js';

/** Leaves the gradient `slope` in `x`. */
function give(x: Tensor, slope: readonly number[]): void {
  scope(() => sum(mul(x, tensor(slope, x.shape, { device: x.device }))).backward());
}

const close = (values: readonly number[], digits = 5) => values.map((value) => expect.closeTo(value, digits));
const values = async (x: Tensor) => [...(await x.data())];
const make = (device: Device, data: readonly number[], shape: readonly number[] = [data.length]) =>
  onDevice(device, () => parameter(data, shape));

describe.each(devices)('sgd on $name', (device) => {
  test('without momentum: parameter -= lr * (gradient + weightDecay * parameter)', async () => {
    const x = make(device, [1, -2, 3]);
    const plain = optim.sgd([x], { lr: 0.1 });
    give(x, [10, 20, 30]);
    plain.step();
    expect(await values(x)).toEqual(close([0, -4, 0]));
    plain.zeroGrad();
    expect(x.grad).toBeUndefined();
    const decaying = optim.sgd([x], { lr: 0.5, weightDecay: 0.5 });
    give(x, [1, 1, 1]);
    decaying.step();
    expect(await values(x)).toEqual(close([-0.5, -3.5, -0.5]));
    expect([...(await decaying.stateDict()).keys()]).toEqual(['steps']);
    x.dispose();
  });

  test('with momentum the velocity gathers gradients', async () => {
    const x = make(device, [1, 1]);
    const optimizer = optim.sgd([x], { lr: 0.1, momentum: 0.5 });
    for (let step = 0; step < 3; step++) {
      optimizer.zeroGrad();
      give(x, [1, 2]);
      optimizer.step();
    }
    // Velocities 1, 1.5 and 1.75 times the gradient.
    expect(await values(x)).toEqual(close([1 - 0.425, 1 - 0.85]));
    expect(optimizer.steps).toBe(3);
    optimizer.dispose();
    x.dispose();
  });

  test('with nesterov it looks ahead', async () => {
    const x = make(device, [1]);
    const optimizer = optim.sgd([x], { lr: 0.1, momentum: 0.5, nesterov: true, weightDecay: 1 });
    for (let step = 0; step < 2; step++) {
      optimizer.zeroGrad();
      give(x, [1]);
      optimizer.step();
    }
    // g = 2, v = 2, x = 1 - 0.1 * 3 = 0.7; g = 1.7, v = 2.7, x = 0.7 - 0.1 * (1.7 + 1.35)
    expect(await values(x)).toEqual(close([0.395]));
    optimizer.dispose();
    x.dispose();
  });

  test('skips parameters without a gradient, and raises the versions of the others', async () => {
    const [x, y] = [make(device, [1]), make(device, [1])];
    const optimizer = optim.sgd([x, y], { lr: 0.1, momentum: 0.9, weightDecay: 1 });
    give(y, [1]);
    const versions = [x.storage.version, y.storage.version];
    optimizer.step();
    expect(await values(x)).toEqual([1]);
    expect(await values(y)).toEqual(close([0.8]));
    expect([x.storage.version, y.storage.version]).toEqual([versions[0], versions[1]! + 1]);
    expect([...(await optimizer.stateDict()).keys()]).toEqual(['steps', 'velocity.1']);
    optimizer.dispose();
    x.dispose();
    y.dispose();
  });

  test('groups have rates of their own, which follow the common rate in proportion', async () => {
    const [x, y, z] = [make(device, [1]), make(device, [1]), make(device, [1])];
    const optimizer = optim.sgd(
      [{ parameters: [x], lr: 0.01 }, { parameters: [y], weightDecay: 0 }, { parameters: [z] }],
      { lr: 0.1, weightDecay: 1 },
    );
    expect(optimizer.parameters).toEqual([x, y, z]);
    for (const parameter of [x, y, z]) give(parameter, [1]);
    optimizer.step();
    expect([...(await values(x)), ...(await values(y)), ...(await values(z))]).toEqual(
      close([0.98, 0.9, 0.8]),
    );
    expect(optimizer.lr).toBe(0.1);
    optimizer.lr = 0.2;
    expect(optimizer.lr).toBe(0.2);
    optimizer.step();
    expect([...(await values(x)), ...(await values(y)), ...(await values(z))]).toEqual(
      close([0.98 - 0.02 * 1.98, 0.7, 0.8 - 0.2 * 1.8]),
    );
    for (const parameter of [x, y, z]) parameter.dispose();
  });

  test('its state resumes elsewhere as if nothing had happened', async () => {
    const options = { lr: 0.1, momentum: 0.9, nesterov: true };
    const [x, y] = [make(device, [1, 2, 3, 4], [2, 2]), make(device, [1, 2, 3, 4], [2, 2])];
    const [first, second] = [optim.sgd([x], options), optim.sgd([y], options)];
    give(x, [1, 2, 3, 4]);
    give(y, [4, 4, 4, 4]);
    first.step();
    second.step();
    const state = await first.stateDict();
    expect(state.get('steps')).toEqual({ dtype: 'int32', shape: [], data: Int32Array.of(1) });
    expect(state.get('velocity.0')).toMatchObject({ dtype: 'float32', shape: [2, 2] });
    second.step();
    expect(second.loadStateDict(state)).toEqual({ missing: [], unexpected: [] });
    expect(second.steps).toBe(1);
    expect(await second.stateDict()).toEqual(state);

    const fresh = new Map<string, StoredTensor>([
      ['steps', { dtype: 'int32', shape: [], data: Int32Array.of(0) }],
    ]);
    second.loadStateDict(fresh);
    expect(await second.stateDict()).toEqual(fresh);
    for (const optimizer of [first, second]) optimizer.dispose();
    x.dispose();
    y.dispose();
  });

  test('a state of other parameters is refused whole', async () => {
    const x = make(device, [1, 2]);
    const optimizer = optim.sgd([x], { lr: 0.1, momentum: 0.9 });
    give(x, [1, 1]);
    optimizer.step();
    const before = await optimizer.stateDict();
    const state: nn.StateDict = new Map<string, StoredTensor>([
      ['velocity.0', { dtype: 'float32', shape: [3], data: new Float32Array(3) }],
      ['velocity.1', { dtype: 'float32', shape: [2], data: new Float32Array(2) }],
    ]);
    expect(() => optimizer.loadStateDict(state)).toThrow(StateDictError);
    expect(() => optimizer.loadStateDict(state)).toThrow(
      'the state does not fit sgd: it lacks steps; it has unexpected velocity.1; ' +
        'velocity.0 is float32 [3] instead of float32 [2]',
    );
    expect(await optimizer.stateDict()).toEqual(before);
    optimizer.dispose();
    x.dispose();
  });

  test('its velocities outlive scopes, and are freed with it', () => {
    const before = device.usage();
    const x = make(device, [1, 2]);
    const optimizer = optim.sgd([x], { lr: 0.1, momentum: 0.9 });
    scope(() => {
      give(x, [1, 1]);
      optimizer.step();
      optimizer.zeroGrad();
    });
    expect(device.usage().tensors).toBe(before.tensors + 2);
    give(x, [1, 1]);
    optimizer.step();
    optimizer.dispose();
    x.dispose();
    expect(device.usage()).toEqual(before);
  });
});

describe('impossible optimizers are refused', () => {
  const [device] = devices;
  const x = make(device!, [1, 2]);
  const options = { lr: 0.1 };
  test.each<[() => unknown, string]>([
    [() => optim.sgd([x], { lr: -0.1 }), 'sgd: lr must be a finite number from 0 up, not -0.1'],
    [() => optim.sgd([x], { lr: Number.NaN }), 'sgd: lr must be a finite number from 0 up, not NaN'],
    [
      () => optim.sgd([x], { ...options, weightDecay: -1 }),
      'sgd: weightDecay must be a finite number from 0 up, not -1',
    ],
    [
      () => optim.sgd([x], { ...options, momentum: 1 }),
      'sgd: momentum must be at least 0 and below 1, not 1',
    ],
    [
      () => optim.sgd([x], { ...options, nesterov: true }),
      'sgd: nesterov looks ahead along the momentum, but momentum is 0',
    ],
    [() => optim.sgd([], options), 'sgd: there is no parameter to train'],
    [() => optim.sgd([x, x], options), 'sgd: parameter 1 of shape [2] is given twice'],
    [
      () => optim.sgd([{ parameters: [x] }, { parameters: [x] }], options),
      'sgd: parameter 1 of shape [2] is given twice',
    ],
    [
      () => optim.sgd([{ parameters: [x], lr: -1 }], options),
      'sgd: lr of a group must be a finite number from 0 up, not -1',
    ],
    [
      () => optim.sgd([{ parameters: [x], weightDecay: -3 }], options),
      'sgd: weightDecay of a group must be a finite number from 0 up, not -3',
    ],
    [() => optim.sgd([{ parameters: [x], lr: 0.5 }], { lr: 0 }), 'sgd: lr is 0 but a group has 0.5'],
    [() => scope(() => optim.sgd([mean(x)], options)), 'sgd: parameter 0 of shape [] is the result of mean'],
    [() => (optim.sgd([x], options).lr = -2), 'sgd: lr must be a finite number from 0 up, not -2'],
    [() => optim.clipGradNorm([x], 0), 'clipGradNorm: maxNorm must be above 0, not 0'],
    [() => optim.clipGradNorm([x], Number.NaN), 'clipGradNorm: maxNorm must be above 0, not NaN'],
  ])('%#', (make, message) => {
    expect(make).toThrow(OptionError);
    expect(make).toThrow(message);
  });
});

describe.each(devices)('clipGradNorm on $name', (device) => {
  test('scales all gradients by one factor', async () => {
    const before = device.usage();
    const [x, y, idle] = [make(device, [0, 0]), make(device, [0]), make(device, [0])];
    give(x, [3, 0]);
    give(y, [4]);
    const { version } = x.grad!.storage;
    const norm = optim.clipGradNorm([x, y, idle], 1);
    expect(norm.shape).toEqual([]);
    expect(await norm.item()).toBeCloseTo(5, 5);
    expect(await values(x.grad!)).toEqual(close([0.6, 0], 5));
    expect(await values(y.grad!)).toEqual(close([0.8], 5));
    expect(x.grad!.storage.version).toBe(version + 1);
    for (const made of [norm, x, y, idle]) made.dispose();
    expect(device.usage()).toEqual(before);
  });

  test('leaves small gradients as they are', async () => {
    const x = make(device, [0, 0]);
    give(x, [0.3, -0.4]);
    const norm = optim.clipGradNorm([x], 1);
    expect(await norm.item()).toBeCloseTo(0.5, 6);
    expect(await values(x.grad!)).toEqual([Math.fround(0.3), Math.fround(-0.4)]);
    norm.dispose();
    x.dispose();
  });

  test('scales a gradient that two parameters share only once', async () => {
    const [x, y] = [make(device, [0, 0]), make(device, [0, 0])];
    scope(() => sum(mul(add(x, y), tensor([3, 4], [2], { device }))).backward());
    const norm = optim.clipGradNorm([x, y], 1);
    expect(await norm.item()).toBeCloseTo(Math.sqrt(50), 5);
    for (const { grad } of [x, y])
      expect(await values(grad!)).toEqual(close([3 / Math.sqrt(50), 4 / Math.sqrt(50)]));
    for (const made of [norm, x, y]) made.dispose();
  });

  test('of no gradient at all is 0', async () => {
    const x = make(device, [1]);
    const norm = optim.clipGradNorm([x], 1);
    expect(await norm.item()).toBe(0);
    norm.dispose();
    x.dispose();
  });
});
