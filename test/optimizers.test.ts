/** Adam, AdamW and RMSprop against their formulas in float64, and what every optimizer must do. */

import {
  type Device,
  mul,
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
import { devices, reference } from './devices.js';

/** Leaves the gradient `slope` in `x`, in place of an earlier one. */
function give(x: Tensor, slope: readonly number[]): void {
  x.zeroGrad();
  scope(() => sum(mul(x, tensor(slope, x.shape, { device: x.device }))).backward());
}

const make = (device: Device, data: readonly number[]) =>
  onDevice(device, () => parameter(data, [data.length]));

/** Exact in float32. */
const start = [1, -2, 0.5];
const slopes = [
  [0.5, -1, 0],
  [-0.25, -2, 1e-3],
  [4, 0, 1e-3],
  [0.125, 1, -8],
];

/** A parameter's elements after steps with the slopes above; `next` changes one element in a state of its own. */
function expected(next: () => (x: number, gradient: number, t: number) => number): number[] {
  return start.map((first, element) => {
    const change = next();
    return slopes.reduce((x, slope, step) => change(x, slope[element]!, step + 1), first);
  });
}

async function run(device: Device, build: (parameters: Tensor[]) => optim.Optimizer): Promise<number[]> {
  const x = make(device, start);
  const optimizer = build([x]);
  for (const slope of slopes) {
    give(x, slope);
    optimizer.step();
  }
  const result = [...(await x.data())];
  optimizer.dispose();
  x.dispose();
  return result;
}

/** A few roundings of float32 in each of four steps. */
const close = (values: readonly number[]) => values.map((value) => expect.closeTo(value, 5));

function adamByFormula(options: { lr: number; betas: number[]; eps: number; l2: number; decoupled: number }) {
  const { lr, betas, eps, l2, decoupled } = options;
  const [beta1, beta2] = betas as [number, number];
  return () => {
    let [mean, meanSquare] = [0, 0];
    return (x: number, gradient: number, t: number) => {
      const g = gradient + l2 * x;
      mean = beta1 * mean + (1 - beta1) * g;
      meanSquare = beta2 * meanSquare + (1 - beta2) * g ** 2;
      const divisor = Math.sqrt(meanSquare / (1 - beta2 ** t)) + eps;
      return x - lr * decoupled * x - (lr * (mean / (1 - beta1 ** t))) / divisor;
    };
  };
}

describe.each(devices)('on $name', (device) => {
  test.each([
    { lr: 0.1 },
    { lr: 0.05, betas: [0.5, 0.9], eps: 0.1, weightDecay: 0.5 },
    { lr: 0.05, betas: [0, 0], eps: 0.5 },
  ] as optim.AdamOptions[])('adam with %o', async (options) => {
    const { lr, betas = [0.9, 0.999], eps = 1e-8, weightDecay = 0 } = options;
    const formula = adamByFormula({ lr, betas: [...betas], eps, l2: weightDecay, decoupled: 0 });
    const found = await run(device, (parameters) => optim.adam(parameters, options));
    expect(found).toEqual(close(expected(formula)));
  });

  test.each([
    { lr: 0.1 },
    { lr: 0.05, betas: [0.5, 0.9], eps: 0.1, weightDecay: 0.5 },
    { lr: 0.05, weightDecay: 0 },
  ] as optim.AdamWOptions[])('adamw with %o', async (options) => {
    const { lr, betas = [0.9, 0.999], eps = 1e-8, weightDecay = 0.01 } = options;
    const formula = adamByFormula({ lr, betas: [...betas], eps, l2: 0, decoupled: weightDecay });
    const found = await run(device, (parameters) => optim.adamw(parameters, options));
    expect(found).toEqual(close(expected(formula)));
  });

  test.each<optim.RMSpropOptions>([
    { lr: 0.01 },
    { lr: 0.02, alpha: 0.5, eps: 0.1, weightDecay: 0.5 },
    { lr: 0.02, alpha: 0.9, momentum: 0.5, weightDecay: 0.1 },
  ])('rmsprop with %o', async (options) => {
    const { lr, alpha = 0.99, eps = 1e-8, momentum = 0, weightDecay = 0 } = options;
    const formula = () => {
      let [meanSquare, velocity] = [0, 0];
      return (x: number, gradient: number) => {
        const g = gradient + weightDecay * x;
        meanSquare = alpha * meanSquare + (1 - alpha) * g ** 2;
        velocity = momentum * velocity + g / (Math.sqrt(meanSquare) + eps);
        return x - lr * velocity;
      };
    };
    const found = await run(device, (parameters) => optim.rmsprop(parameters, options));
    expect(found).toEqual(close(expected(formula)));
  });

  test('adam corrects its bias by how often each parameter was changed, not by the steps', async () => {
    const [early, late] = [make(device, [1]), make(device, [1])];
    const optimizer = optim.adam([early, late], { lr: 0.1 });
    for (let step = 0; step < 9; step++) {
      give(early, [1]);
      optimizer.step();
    }
    give(late, [1]);
    optimizer.step();
    expect(await late.item()).toBeCloseTo(0.9, 5);
    const state = await optimizer.stateDict();
    expect(['steps', 'updates.0', 'updates.1'].map((name) => state.get(name)!.data[0])).toEqual([10, 10, 1]);
    for (const each of [optimizer, early, late]) each.dispose();
  });

  test('adamw takes its decay from groups, in proportion to their rates', async () => {
    const [x, y, z] = [make(device, [1]), make(device, [1]), make(device, [1])];
    const optimizer = optim.adamw(
      [{ parameters: [x] }, { parameters: [y], weightDecay: 0 }, { parameters: [z], lr: 0.01 }],
      { lr: 0.1, weightDecay: 0.5 },
    );
    for (const each of [x, y, z]) give(each, [3]);
    optimizer.step();
    expect([await x.item(), await y.item(), await z.item()]).toEqual(
      close([1 - 0.1 - 0.05, 1 - 0.1, 1 - 0.01 - 0.005]),
    );
    for (const each of [optimizer, x, y, z]) each.dispose();
  });
});

const builders: [string, string[], (parameters: readonly Tensor[]) => optim.Optimizer][] = [
  ['sgd', ['velocity'], (parameters) => optim.sgd(parameters, { lr: 0.1, momentum: 0.9 })],
  ['adam', ['updates', 'mean', 'meanSquare'], (parameters) => optim.adam(parameters, { lr: 0.1 })],
  ['adamw', ['updates', 'mean', 'meanSquare'], (parameters) => optim.adamw(parameters, { lr: 0.1 })],
  ['rmsprop', ['meanSquare'], (parameters) => optim.rmsprop(parameters, { lr: 0.1 })],
  [
    'rmsprop',
    ['meanSquare', 'velocity'],
    (parameters) => optim.rmsprop(parameters, { lr: 0.1, momentum: 0.9 }),
  ],
];

describe.each(devices)('on $name', (device) => {
  describe.each(builders)('%s that remembers %s', (operator, memories, build) => {
    test('leaves parameters without a gradient alone, and raises the versions of what it changes', async () => {
      const [x, y] = [make(device, [1]), make(device, [1])];
      const optimizer = build([x, y]);
      give(y, [1]);
      const versions = [x.storage.version, y.storage.version];
      optimizer.step();
      expect([x.storage.version, y.storage.version]).toEqual([versions[0], versions[1]! + 1]);
      expect(await x.item()).toBe(1);
      expect(await y.item()).toBeLessThan(1);
      expect(new Set((await optimizer.stateDict()).keys())).toEqual(
        new Set(['steps', ...memories.map((name) => `${name}.1`)]),
      );
      for (const each of [optimizer, x, y]) each.dispose();
    });

    test('what it remembers outlives scopes, and is freed with it', () => {
      const before = device.usage();
      const x = make(device, [1, 2]);
      const optimizer = build([x]);
      scope(() => {
        give(x, [1, 1]);
        optimizer.step();
        optimizer.zeroGrad();
      });
      const tensors = memories.filter((name) => name !== 'updates').length;
      expect(device.usage().tensors).toBe(before.tensors + 1 + tensors);
      optimizer.dispose();
      x.dispose();
      expect(device.usage()).toEqual(before);
    });

    test('its state goes from one to another', async () => {
      const [x, y] = [make(device, [1, 2]), make(device, [1, 2])];
      const [first, second] = [build([x]), build([y])];
      give(x, [3, 4]);
      give(y, [-1, 5]);
      first.step();
      second.step();
      second.step();
      const state = await first.stateDict();
      expect(second.loadStateDict(state)).toEqual({ missing: [], unexpected: [] });
      expect(await second.stateDict()).toEqual(state);
      expect(second.steps).toBe(1);
      for (const each of [first, second, x, y]) each.dispose();
    });

    test('a state that holds a part of what it remembers of a parameter is refused, and nothing changes', async () => {
      const x = make(device, [1]);
      const optimizer = build([x]);
      give(x, [1]);
      optimizer.step();
      const before = await optimizer.stateDict();
      for (const name of memories.filter((_, index) => index > 0)) {
        const state = new Map(before);
        state.delete(`${name}.0`);
        expect(() => optimizer.loadStateDict(state)).toThrow(StateDictError);
        expect(() => optimizer.loadStateDict(state)).toThrow(
          `the state does not fit ${operator}: it lacks ${name}.0`,
        );
      }
      const negative = new Map(before).set('steps', {
        dtype: 'int32',
        shape: [],
        data: Int32Array.of(-3),
      });
      expect(() => optimizer.loadStateDict(negative)).toThrow(
        `${operator}: steps must be a whole number from 0 up, not -3`,
      );
      expect(await optimizer.stateDict()).toEqual(before);
      for (const each of [optimizer, x]) each.dispose();
    });
  });

  test('a state with an impossible number of updates is refused', async () => {
    const x = make(device, [1]);
    const optimizer = optim.adam([x], { lr: 0.1 });
    give(x, [1]);
    optimizer.step();
    const none: StoredTensor = { dtype: 'int32', shape: [], data: Int32Array.of(0) };
    const state = new Map(await optimizer.stateDict()).set('updates.0', none);
    expect(() => optimizer.loadStateDict(state)).toThrow(
      'adam: updates.0 must be a whole number from 1 up, not 0',
    );
    for (const each of [optimizer, x]) each.dispose();
  });
});

test('when there is no room for what it would remember, no parameter has changed', async () => {
  let room = Number.POSITIVE_INFINITY;
  const small: Device = {
    ...reference,
    allocate(dtype, length) {
      if (room-- <= 0) throw new RangeError('no room');
      return reference.allocate(dtype, length);
    },
  };
  const [x, y] = [make(small, [1]), make(small, [1])];
  const optimizer = optim.adam([x, y], { lr: 0.1 });
  give(x, [1]);
  give(y, [1]);
  room = 3;
  expect(() => scope(() => optimizer.step())).toThrow('no room');
  expect([await x.item(), await y.item(), optimizer.steps]).toEqual([1, 1, 0]);
  expect([...(await optimizer.stateDict()).keys()]).toEqual(['steps']);
  room = 4;
  optimizer.step();
  expect([await x.item(), await y.item()]).toEqual(close([0.9, 0.9]));
  for (const each of [optimizer, x, y]) each.dispose();
});

describe('impossible optimizers are refused', () => {
  const x = make(devices[0]!, [1, 2]);
  const lr = 0.1;
  test.each<[() => unknown, string]>([
    [() => optim.adam([x], { lr: -1 }), 'adam: lr must be a finite number from 0 up, not -1'],
    [() => optim.adam([x], { lr, betas: [1, 0.5] }), 'adam: betas[0] must be at least 0 and below 1, not 1'],
    [
      () => optim.adam([x], { lr, betas: [0.5, -1] }),
      'adam: betas[1] must be at least 0 and below 1, not -1',
    ],
    [() => optim.adam([x], { lr, eps: 0 }), 'adam: eps must be a finite number above 0, not 0'],
    [() => optim.adam([], { lr }), 'adam: there is no parameter to train'],
    [
      () => optim.adamw([x], { lr, betas: [0.9, Number.NaN] }),
      'adamw: betas[1] must be at least 0 and below 1, not NaN',
    ],
    [
      () => optim.adamw([x], { lr, weightDecay: -0.5 }),
      'adamw: weightDecay must be a finite number from 0 up, not -0.5',
    ],
    [() => (optim.adamw([x], { lr }).lr = -2), 'adamw: lr must be a finite number from 0 up, not -2'],
    [() => optim.rmsprop([x], { lr, alpha: 1.5 }), 'rmsprop: alpha must be at least 0 and below 1, not 1.5'],
    [
      () => optim.rmsprop([x], { lr, eps: Number.POSITIVE_INFINITY }),
      'rmsprop: eps must be a finite number above 0, not Infinity',
    ],
    [
      () => optim.rmsprop([x], { lr, momentum: 1 }),
      'rmsprop: momentum must be at least 0 and below 1, not 1',
    ],
    [() => optim.rmsprop([x, x], { lr }), 'rmsprop: parameter 1 of shape [2] is given twice'],
  ])('%#', (build, message) => {
    expect(build).toThrow(OptionError);
    expect(build).toThrow(message);
  });
});
