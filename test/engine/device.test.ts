import {
  add,
  conv2d,
  currentDevice,
  DeviceLostError,
  full,
  mul,
  OptionError,
  OutOfMemoryError,
  StateError,
  scope,
  start,
  stop,
  sum,
  type Tensor,
  tensor,
  uniform,
  zeros,
} from 'tenfold';
import { afterEach, describe, expect, test, vi } from 'vitest';

afterEach(stop);

const mebibyte = 1024 * 1024;

function image(side: number, channels: number): Tensor {
  const values = uniform(side * side * channels, -1, 1, { seed: 1, purpose: 'image' });
  return tensor(values, [1, side, side, channels]);
}

describe('start', () => {
  test('before it, an operator or a tensor says what to do', () => {
    expect(() => zeros([1])).toThrow(StateError);
    expect(() => currentDevice()).toThrow('tenfold has not been started: call `await start()` once');
  });

  test('says what it got', async () => {
    expect((await start({ threads: 1 })).description).toBe('wasm, 1 thread');
    await stop();
    expect((await start({ threads: 3 })).description).toBe('wasm, 3 threads');
  });

  test('twice is refused, also while the first is under way', async () => {
    const first = start({ threads: 1 });
    await expect(start()).rejects.toThrow('started already; call `await stop()` before');
    await first;
    await expect(start()).rejects.toThrow(StateError);
  });

  test('without a worker that was asked for goes on with fewer threads and says why', async () => {
    const device = await start({ threads: 2, workerUrl: new URL('no-such-worker.mjs', import.meta.url) });
    expect(device.description).toMatch(/^wasm, 1 thread \(no more: .*no-such-worker\.mjs/);
    expect(await sum(full([2, 3], 1)).item()).toBe(6);
  });

  test.each([
    [{ threads: 0 }, 'start: threads must be a whole number from 1 to 256, not 0'],
    [{ threads: 1.5 }, 'start: threads must be a whole number from 1 to 256, not 1.5'],
    [{ maximumMemory: 1000 }, 'start: maximumMemory must be a number of bytes from 1 MiB to 4 GiB, not 1000'],
    [{ timeoutSeconds: 0 }, 'start: timeoutSeconds must be a positive number of seconds, not 0'],
  ])('refuses %j', async (options, message) => {
    await expect(start(options)).rejects.toThrow(OptionError);
    await expect(start(options)).rejects.toThrow(message);
  });
});

test('a tensor of a device that was stopped computes nothing, and says so', async () => {
  await start({ threads: 1 });
  const x = full([4], 2);
  await stop();
  await start({ threads: 1 });
  expect(() => add(x, x)).toThrow('the wasm device has been stopped; call `await start()` to go on');
  expect(() => add(x, full([4], 2))).toThrow('add: its inputs are on different devices');
});

describe('exhausted memory', () => {
  test('is one clear error, leaves every tensor whole, and passes when tensors are freed', async () => {
    const device = await start({ threads: 1, maximumMemory: 16 * mebibyte });
    const first = full([mebibyte], 3);
    const before = device.usage();
    const error = await caught(() => Array.from({ length: 5 }, () => zeros([mebibyte])));
    expect(error).toBeInstanceOf(OutOfMemoryError);
    expect(error.message).toMatch(
      /^no room for 4\.00 MiB more: 3 tensors hold 12 MiB of at most 16 MiB; use a smaller batch, or make tensors inside scope/,
    );
    expect(error.details).toMatchObject({ requested: 4 * mebibyte, tensors: 3, maximum: 16 * mebibyte });
    expect(before).toEqual({ bytes: 4 * mebibyte, tensors: 1 });
    expect((await first.data()).every((value) => value === 3)).toBe(true);
  });

  test('inside a scope frees what the scope had made', async () => {
    const device = await start({ threads: 1, maximumMemory: 16 * mebibyte });
    const { bytes } = device.usage();
    const error = await caught(() => scope(() => Array.from({ length: 5 }, () => zeros([mebibyte]))));
    expect(error).toBeInstanceOf(OutOfMemoryError);
    expect(device.usage().bytes).toBe(bytes);
    expect(await sum(full([mebibyte], 1)).item()).toBe(mebibyte);
  });

  test('inside an operator frees its half-made result', async () => {
    const device = await start({ threads: 1, maximumMemory: 16 * mebibyte });
    const x = full([1, 1024, 1024, 1], 1);
    const weight = full([4, 1, 1, 1], 1);
    const { bytes } = device.usage();
    expect(() => conv2d(x, weight)).toThrow(OutOfMemoryError);
    expect(device.usage().bytes).toBe(bytes);
  });
});

describe('a worker that dies', () => {
  test('in the middle of a kernel is an error within the timeout, and never a hang', async () => {
    await start({ threads: 2, timeoutSeconds: 1, workerUrl: new URL('dying-worker.mjs', import.meta.url) });
    const x = image(64, 32);
    const weight = full([32, 32, 5, 5], 0.1);
    const convolveForLong = () => {
      for (let i = 0; i < 1000; i++) conv2d(x, weight, undefined, { padding: 2 }).dispose();
    };
    const error = await caught(convolveForLong);
    expect(error).toBeInstanceOf(DeviceLostError);
    expect(error.message).toContain(
      'the wasm device is lost: a worker thread has not finished its work for 1 seconds; what was being computed is incomplete',
    );
    expect(() => mul(x, x)).toThrow(DeviceLostError);
    await stop();
    await start({ threads: 2 });
    expect(await sum(full([1000], 1)).item()).toBe(1000);
  });

  test('between kernels is noticed as soon as the event loop turns', async () => {
    await start({ threads: 2, workerUrl: new URL('ending-worker.mjs', import.meta.url) });
    const x = zeros([10]);
    await vi.waitFor(() => expect(() => add(x, x)).toThrow(/a worker thread ended: it exited with code 3/), {
      timeout: 20_000,
    });
    expect(() => zeros([10])).not.toThrow();
  });
});

async function caught(body: () => unknown): Promise<Error & { details: Record<string, unknown> }> {
  try {
    await body();
  } catch (error) {
    return error as Error & { details: Record<string, unknown> };
  }
  throw new Error('nothing was thrown');
}
