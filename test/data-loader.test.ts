import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { OptionError, StateError, TenfoldError, uniform } from 'tenfold';
import { afterEach, describe, expect, test } from 'vitest';
import { shared } from '../packages/cli/dist/data/image-set.js';
import { type Batch, batches, Loader, type LoaderOptions } from '../packages/cli/dist/data/index.js';

const spec = 'crop:1,flip,affine:10:0.1,elastic:5:2,erase:0.5';

function imageSet(count: number, channels = 1) {
  const length = count * 6 * 5 * channels;
  return {
    images: Uint8Array.from(uniform(length, 0, 256, { seed: 2, purpose: 'images' })),
    labels: Int32Array.from({ length: count }, (_, index) => index % 3),
    count,
    height: 6,
    width: 5,
    channels,
    classNames: ['a', 'b', 'c'],
  };
}

const set = imageSet(50);
/** 43 of the 50 images. */
const indices = Int32Array.from({ length: 43 }, (_, index) => 49 - index);

const loaders: Loader[] = [];
afterEach(() => Promise.all(loaders.splice(0).map((loader) => loader.close())));

function makeLoader(options: Partial<LoaderOptions> = {}): Loader {
  const loader = new Loader({
    part: { set, indices },
    normalisation: { mean: [0.5], std: [0.25] },
    augmentation: spec,
    batchSize: 4,
    seed: 1,
    ...options,
  });
  loaders.push(loader);
  return loader;
}

async function collect(epoch: AsyncIterable<Batch>): Promise<Batch[]> {
  const all: Batch[] = [];
  for await (const batch of epoch) all.push(batch);
  return all;
}

/** What the same options give without any thread. */
const inMainThread = (epoch: number, fromStep = 0, options: Partial<LoaderOptions> = {}) =>
  collect(makeLoader({ ...options, threads: 0 }).epoch(epoch, fromStep));

/** A module for a thread. */
function moduleUrl(body: string): URL {
  const source = `import { parentPort } from 'node:worker_threads';\n${body}`;
  return new URL(`data:text/javascript,${encodeURIComponent(source)}`);
}

describe('an epoch', () => {
  test('shows each image at most once, in whole batches, with its label', async () => {
    const loader = makeLoader();
    expect(loader.stepsPerEpoch).toBe(10);
    const epoch = await collect(loader.epoch(1));
    expect(epoch).toHaveLength(10);
    for (const { images, labels, shape, indices } of epoch) {
      expect(shape).toEqual([4, 6, 5, 1]);
      expect(images).toHaveLength(4 * 30);
      expect(images.buffer).toBeInstanceOf(ArrayBuffer);
      expect([...labels]).toEqual([...indices].map((index) => set.labels[index]));
    }
    const seen = epoch.flatMap(({ indices }) => [...indices]);
    expect(new Set(seen).size).toBe(40);
    expect(seen.every((index) => indices.includes(index))).toBe(true);
    expect(seen).not.toEqual(seen.toSorted((a, b) => a - b));
  });

  test('depends on seed and epoch', async () => {
    const orderOf = async (seed: number, epoch: number) =>
      String((await collect(makeLoader({ seed }).epoch(epoch))).map(({ indices }) => [...indices]));
    const first = await orderOf(1, 1);
    expect(await orderOf(1, 1)).toBe(first);
    expect(await orderOf(1, 2)).not.toBe(first);
    expect(await orderOf(2, 1)).not.toBe(first);
  });

  test.each([
    { threads: 1, ahead: 0 },
    { threads: 1, ahead: 4 },
    { threads: 1, ahead: 100 },
    { threads: 2, ahead: 3 },
  ])('has the bits of the main thread with $threads threads, $ahead ahead', async (options) => {
    expect(await collect(makeLoader(options).epoch(3))).toEqual(await inMainThread(3));
  });

  test.each([0, 1, 5, 9, 10])('from step %i has the batches of a whole one', async (step) => {
    const whole = await inMainThread(2);
    expect(await collect(makeLoader().epoch(2, step))).toEqual(whole.slice(step));
    expect(await inMainThread(2, step)).toEqual(whole.slice(step));
  });

  test('may have channels, each with its own normalisation', async () => {
    const part = { set: imageSet(12, 3), indices: Int32Array.from({ length: 12 }, (_, index) => index) };
    const normalisation = { mean: [0.1, 0.2, 0.3], std: [0.5, 1, 2] };
    const options = { part, normalisation, augmentation: 'none' };
    const [batch] = await collect(makeLoader(options).epoch(0));
    const bytes = 6 * 5 * 3;
    const expected = [...batch!.indices].flatMap((index) =>
      Array.from({ length: bytes }, (_, at) => {
        const value = part.set.images[index * bytes + at]! / 255;
        return Math.fround((value - normalisation.mean[at % 3]!) / normalisation.std[at % 3]!);
      }),
    );
    expect([...batch!.images]).toEqual(expected);
  });

  test('is the same from shared memory', async () => {
    const part = { set: { ...set, images: shared(set.images) }, indices };
    expect(await collect(makeLoader({ part }).epoch(1))).toEqual(await inMainThread(1));
  });

  test('can be left early, and the next one begins afresh', async () => {
    const loader = makeLoader();
    for await (const { indices } of loader.epoch(1)) {
      expect(indices).toHaveLength(4);
      break;
    }
    expect(await collect(loader.epoch(2))).toEqual(await inMainThread(2));
  });

  test('can be taken together with another one', async () => {
    const loader = makeLoader();
    const both = await Promise.all([collect(loader.epoch(1)), collect(loader.epoch(2))]);
    expect(both).toEqual([await inMainThread(1), await inMainThread(2)]);
  });

  test('has no batches where the images do not fill one', async () => {
    const loader = makeLoader({ batchSize: 44 });
    expect(loader.stepsPerEpoch).toBe(0);
    expect(await collect(loader.epoch(1))).toEqual([]);
  });

  test('is not made further ahead than asked for', async () => {
    // Instead of labels this thread sends how many batches it had been asked for when it got to this one.
    const workerUrl = moduleUrl(`
      let asked = 0;
      parentPort.on('message', ({ batches }) => {
        for (const { id } of batches) {
          asked++;
          setTimeout(() => parentPort.postMessage({ id, batch: { labels: [asked] } }), 20);
        }
      });`);
    const epoch = await collect(makeLoader({ ahead: 2, workerUrl }).epoch(1));
    const lead = epoch.map(({ labels }, step) => labels[0]! - step);
    expect(Math.max(...lead)).toBe(3);
  });
});

describe('batches without augmentation', () => {
  test('hold the chosen images, normalised, and the last one what remains', () => {
    const small = {
      images: Uint8Array.of(0, 255, 10, 20, 30, 40),
      labels: Int32Array.of(4, 5, 6),
      count: 3,
      height: 1,
      width: 2,
      channels: 1,
      classNames: [],
    };
    const normalisation = { mean: [0.1307], std: [0.3081] };
    const part = { set: small, indices: Int32Array.of(2, 0, 1) };
    const [first, second, ...more] = batches(part, 2, normalisation);
    expect(first?.shape).toEqual([2, 1, 2, 1]);
    expect([...first!.labels]).toEqual([6, 4]);
    expect([...first!.indices]).toEqual([2, 0]);
    expect(first?.images).toEqual(
      Float32Array.from([30, 40, 0, 255], (byte) => (byte / 255 - 0.1307) / 0.3081),
    );
    expect(second?.shape).toEqual([1, 1, 2, 1]);
    expect([...second!.labels]).toEqual([5]);
    expect(more).toEqual([]);
  });
});

describe('closing', () => {
  test('ends an epoch under way, twice if need be, and forbids the next one', async () => {
    const loader = makeLoader();
    const epoch = loader.epoch(1);
    await epoch.next();
    await Promise.all([loader.close(), loader.close()]);
    await expect(epoch.next()).rejects.toThrow('the loader is closed; make a new one.');
    await expect(loader.epoch(1).next()).rejects.toThrow(StateError);
  });

  test('refuses a batch that is awaited', async () => {
    const loader = makeLoader();
    const refused = expect(loader.epoch(1).next()).rejects.toThrow(StateError);
    await loader.close();
    await refused;
  });

  test('ends an epoch in the main thread too', async () => {
    const loader = makeLoader({ threads: 0 });
    const epoch = loader.epoch(1);
    await epoch.next();
    await loader.close();
    await expect(epoch.next()).rejects.toThrow(StateError);
  });
});

describe('errors', () => {
  test('in the thread come to the one who waits, once, and the next epoch is unharmed', async () => {
    const part = { set, indices: Int32Array.of(0, 1, 2, 3, 50) };
    const loader = makeLoader({ part, batchSize: 5 });
    const error = await loader
      .epoch(1)
      .next()
      .catch((error: unknown) => error);
    expect(error).toBeInstanceOf(TenfoldError);
    expect((error as TenfoldError).message).toBe('image 50 does not exist; the set has the images 0 to 49.');
    expect((error as TenfoldError).details).toEqual({ got: 50, expected: 49 });
    await expect(loader.epoch(2).next()).rejects.toThrow('image 50 does not exist');
  });

  test('in a batch that nobody waits for any more are forgotten', async () => {
    const part = { set, indices: Int32Array.of(0, 1, 2, 50) };
    const loader = makeLoader({ part, batchSize: 1 });
    for (let epoch = 0; epoch < 8; epoch++) {
      const batches = loader.epoch(epoch);
      await batches.next().catch(() => {});
      await batches.return();
    }
  });

  test('of a thread that dies name its reason', async () => {
    const workerUrl = moduleUrl(`
      parentPort.on('message', () => { throw new Error('out of luck'); });
      parentPort.postMessage({ ready: true });`);
    const loader = makeLoader({ workerUrl });
    await expect(collect(loader.epoch(1))).rejects.toThrow(
      'the thread that makes batches ended (out of luck).',
    );
    await expect(collect(loader.epoch(1))).rejects.toThrow(TenfoldError);
  });

  test.each([
    [{ batchSize: 0 }, 'loader: batchSize is 0, expected a whole number of 1 or more'],
    [{ threads: 1.5 }, 'loader: threads is 1.5, expected a whole number of 0 or more'],
    [{ ahead: -1 }, 'loader: ahead is -1, expected a whole number of 0 or more'],
    [{ augmentation: 'turn' }, "augmentation: 'turn' is not known"],
  ])('%j is refused at once', (options, message) => {
    expect(() => makeLoader(options)).toThrow(OptionError);
    expect(() => makeLoader(options)).toThrow(message);
  });

  test('a step that an epoch does not have is refused', async () => {
    const loader = makeLoader();
    await expect(loader.epoch(1, 11).next()).rejects.toThrow(
      'loader: fromStep is 11, expected a whole number from 0 to 10',
    );
    await expect(loader.epoch(-1).next()).rejects.toThrow('loader: epoch is -1');
  });

  test('normalisation for other channels is refused', () => {
    expect(() => makeLoader({ normalisation: { mean: [0, 0, 0], std: [1, 1, 1] } })).toThrow(
      'the normalisation has 3 means and 3 deviations, but the images have 1 channels; ' +
        'expected one of each per channel.',
    );
  });
});

test('a thread that does not come up is done without, and says why', async () => {
  const loader = makeLoader({ workerUrl: new URL('file:///nowhere/worker.js') });
  expect(loader.note).toBeUndefined();
  expect(await collect(loader.epoch(1))).toEqual(await inMainThread(1));
  expect(loader.note).toMatch(
    /^batches are made between steps, because no thread can be started for them \(.*nowhere.*\)$/,
  );
  expect(await collect(loader.epoch(2, 3))).toEqual(await inMainThread(2, 3));
});

describe('a process of its own', () => {
  /** Runs a module in which `loader` is ready to use. */
  async function run(body: string, ...flags: string[]) {
    const index = new URL('../packages/cli/dist/data/index.js', import.meta.url);
    const source = `
      import { Loader } from ${JSON.stringify(index.href)};
      const count = 640;
      const images = new Uint8Array(new SharedArrayBuffer(count * 784));
      const set = { images, labels: new Int32Array(count), count, height: 28, width: 28, channels: 1 };
      const part = { set, indices: Int32Array.from({ length: count }, (_, index) => index) };
      const normalisation = { mean: [0], std: [1] };
      const options = { part, normalisation, augmentation: 'crop:2', batchSize: 64, seed: 1 };
      const loader = new Loader(options);
      ${body}`;
    const child = spawn(process.execPath, [...flags, '--input-type=module', '-e', source], {
      cwd: fileURLToPath(new URL('..', import.meta.url)),
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 30_000,
    });
    const exit = new Promise<number | null>((resolve) => child.once('close', resolve));
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
    return { code: await exit, stdout, stderr };
  }

  test.each([
    ['is never used', ''],
    ['is left in mid-epoch', 'for await (const batch of loader.epoch(1)) break;'],
    ['is left with batches on their way', 'loader.epoch(1).next();'],
    ['is closed in mid-epoch', 'for await (const batch of loader.epoch(1)) { await loader.close(); break; }'],
    ['is used up', 'for await (const batch of loader.epoch(1));'],
  ])('ends by itself if the loader %s', async (_, body) => {
    expect(await run(`${body}\nconsole.log('done');`)).toEqual({ code: 0, stdout: 'done\n', stderr: '' });
  });

  test('waits for a batch that is awaited', async () => {
    const { code, stdout } = await run(
      'const { value } = await loader.epoch(1).next(); console.log(value.shape.join());',
    );
    expect({ code, stdout }).toEqual({ code: 0, stdout: '64,28,28,1\n' });
  });

  test('without the right to start threads makes batches in its main thread', async () => {
    const known = process.allowedNodeEnvironmentFlags;
    const flag = known.has('--permission') ? '--permission' : '--experimental-permission';
    const { code, stdout } = await run(
      `let steps = 0;
      for await (const batch of loader.epoch(1)) steps++;
      console.log(steps, loader.note);`,
      flag,
      '--allow-fs-read=*',
    );
    expect(stdout).toMatch(
      /^10 batches are made between steps, because no thread can be started for them \(.+\)\n$/,
    );
    expect(code).toBe(0);
  });

  test('keeps its memory over many epochs', async () => {
    const { code, stdout } = await run(
      `const megabytes = () => { globalThis.gc(); return process.memoryUsage().rss / 1e6; };
      const run = async (from, to) => {
        for (let epoch = from; epoch < to; epoch++) for await (const batch of loader.epoch(epoch));
      };
      await run(0, 40);
      const before = megabytes();
      await run(40, 240);
      console.log(Math.round(megabytes() - before));`,
      '--expose-gc',
    );
    expect(code).toBe(0);
    // 200 epochs make 400 MB of batches.
    expect(Number(stdout)).toBeLessThan(60);
  });
});
