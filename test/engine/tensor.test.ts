import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import {
  add,
  currentDevice,
  type Device,
  keep,
  mul,
  noGrad,
  relu,
  reshape,
  ShapeError,
  StateError,
  scope,
  sum,
  type Tensor,
  tensor,
  zeros,
} from 'tenfold';
import { describe, expect, test } from 'vitest';
import { devices, meta, onDevice } from '../devices.js';

describe.each(devices.map((device) => [device.name, device] as const))('%s', (_, device) => {
  const on = <Result>(body: () => Result) => onDevice(device, body);
  const live = () => device.usage().tensors;

  test('data is a copy in an ordinary ArrayBuffer, row by row', async () => {
    const x = on(() => tensor([1, 2, 3, 4, 5, 6], [2, 3]));
    const first = await x.data();
    expect([...first]).toEqual([1, 2, 3, 4, 5, 6]);
    expect(first.buffer).toBeInstanceOf(ArrayBuffer);
    first.fill(0);
    expect([...(await x.data())]).toEqual([1, 2, 3, 4, 5, 6]);
    x.dispose();
  });

  test('a reshape shares memory, which lives until both are gone', async () => {
    const before = live();
    const x = on(() => tensor([1, 2, 3, 4], [4]));
    const y = reshape(x, [2, -1]);
    expect(y.shape).toEqual([2, 2]);
    expect(live()).toBe(before + 1);
    x.dispose();
    expect([...(await y.data())]).toEqual([1, 2, 3, 4]);
    y.dispose();
    expect(live()).toBe(before);
  });

  test('a freed tensor says so, whatever is done with it', () => {
    const x = on(() => zeros([2, 3]));
    x.dispose();
    x.dispose();
    const message = /this tensor \[2, 3\] has been freed: .* return it from there to keep it/;
    expect(() => relu(x)).toThrow(message);
    expect(() => x.dataSync()).toThrow(StateError);
  });

  test('a scope frees what is not returned, in whatever it is returned, and keeps what is kept', () => {
    const before = live();
    const kept: Tensor[] = [];
    const { a, list, map } = scope(() =>
      on(() => {
        zeros([3]);
        kept.push(keep(zeros([4])));
        scope(() => zeros([5]));
        return { a: zeros([1]), list: [zeros([2])], map: new Map([['x', zeros([2])]]) };
      }),
    );
    expect(live()).toBe(before + 4);
    for (const made of [a, ...list, ...map.values(), ...kept]) made.dispose();
    expect(live()).toBe(before);
  });

  test('a scope refuses an asynchronous function', () => {
    expect(() => scope(async () => on(() => zeros([3])))).toThrow(
      'scope: the function is asynchronous, but a scope ends when its function returns',
    );
  });

  test('gradients of several uses and several passes add up', async () => {
    const x = on(() => tensor([1, -2, 3], [3], { requiresGrad: true }));
    for (let pass = 0; pass < 2; pass++) {
      scope(() => sum(add(mul(x, x), add(x, x))).backward());
    }
    expect([...(await x.grad!.data())]).toEqual([8, -4, 16]);
    x.zeroGrad();
    expect(x.grad).toBeUndefined();
    x.dispose();
  });

  test('a result is differentiated once', () => {
    const x = on(() => tensor([1, 2], [2], { requiresGrad: true }));
    const y = sum(mul(x, x));
    y.backward();
    expect(() => y.backward()).toThrow('backward: the tape behind sum has been used already');
    x.dispose();
    y.dispose();
  });

  test('a tensor that changed in place after the forward pass is refused', () => {
    const x = on(() => tensor([1, 2], [2], { requiresGrad: true }));
    const y = sum(mul(x, x));
    x.storage.version++;
    expect(() => y.backward()).toThrow(
      'backward: a tensor that mul needs for its gradient was changed in place',
    );
    x.dispose();
    y.dispose();
  });

  test('a tape that nobody differentiates is freed with its results', () => {
    const before = live();
    scope(() => {
      const x = on(() => tensor([1, 2], [2], { requiresGrad: true }));
      mul(mul(x, x), x);
    });
    expect(live()).toBe(before);
  });

  test('only scalars that depend on a parameter can be differentiated', () => {
    const x = on(() => tensor([1, 2], [2], { requiresGrad: true }));
    expect(() => mul(x, x).backward()).toThrow(ShapeError);
    expect(() => sum(noGrad(() => mul(x, x))).backward()).toThrow(
      'depends on nothing that requires a gradient',
    );
    expect(() => sum(x.detach()).backward()).toThrow(StateError);
    x.dispose();
  });

  test('a deep graph neither overflows the stack nor keeps memory', async () => {
    const before = live();
    const x = on(() => tensor([1], [1], { requiresGrad: true }));
    scope(() => {
      let y = x;
      for (let i = 0; i < 3000; i++) y = add(y, x);
      sum(y).backward();
    });
    expect(await x.grad!.item()).toBe(3001);
    x.dispose();
    expect(live()).toBe(before);
  });
});

test('tensors that were dropped without a scope are freed by the garbage collector', async () => {
  const device = currentDevice();
  await collectGarbage();
  const before = device.usage().tensors;
  dropMany(device);
  expect(device.usage().tensors).toBe(before + 500);
  await collectGarbage();
  expect(device.usage().tensors).toBe(before);
});

async function collectGarbage(): Promise<void> {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  // Finalizers run in a turn of their own.
  await new Promise((resolve) => setTimeout(resolve, 10));
}

function dropMany(device: Device): void {
  onDevice(device, () => {
    for (let i = 0; i < 500; i++) zeros([10]);
  });
}

test('the meta device has shapes but no data', async () => {
  const x = onDevice(meta, () => zeros([2, 3]));
  expect(reshape(x, [3, 2]).shape).toEqual([3, 2]);
  await expect(x.data()).rejects.toThrow('a tensor of the meta device has a shape but no data');
});
