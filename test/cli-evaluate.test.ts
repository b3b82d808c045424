import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { models, onDevice, readCheckpoint, writeCheckpoint } from 'tenfold';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openMnist } from '../packages/cli/dist/data/sets/mnist.js';
import { events, finish, launch, tenfold } from './cli.js';
import { reference } from './devices.js';

const folder = mkdtempSync(join(tmpdir(), 'tenfold-evaluate-'));
afterAll(() => rmSync(folder, { recursive: true }));

const best = join(folder, 'run', 'best.safetensors');
const pictures = join(folder, 'pictures');
const digit = join(folder, 'digit.png');
const paper = join(folder, 'paper.png');
let record: { test: Record<string, unknown>; history: { validationLoss: number }[] };

beforeAll(async () => {
  const { code, stderr } = await tenfold(
    ...['train', '--epochs', '2', '--limit', '1280', '--batch-size', '32', '--threads', '2', '--ema', '0.9'],
    ...['--out', join(folder, 'run')],
  );
  expect(code, stderr).toBe(0);
  record = JSON.parse(readFileSync(join(folder, 'run', 'run.json'), 'utf8'));

  const { test: set } = await openMnist();
  const picture = (index: number) =>
    sharp(set!.images.slice(784 * index, 784 * (index + 1)), { raw: { width: 28, height: 28, channels: 1 } });
  for (let index = 0; index < 40; index++) {
    const name = join(pictures, `${set!.labels[index]}`);
    mkdirSync(name, { recursive: true });
    await picture(index)
      .png()
      .toFile(join(name, `${index}.png`));
  }
  await picture(0).png().toFile(digit);
  await picture(0).negate().resize(84, 56, { fit: 'contain', background: 'white' }).png().toFile(paper);
});

describe('tenfold evaluate', () => {
  test('measures the test images of the training again, to the same numbers', async () => {
    const { code, stdout, stderr } = await tenfold(
      'evaluate',
      best,
      '--threads',
      '1',
      '--json',
      '--limit',
      '1280',
    );
    expect(code, stderr).toBe(0);
    expect(stderr).toBe(`mnist_net of ${best} on the 1280 test images of mnist\n`);
    const [event, ...more] = events(stdout);
    expect(more).toEqual([]);
    const { confusion, loss, accuracy, images } = record.test;
    expect(event).toMatchObject({
      event: 'evaluation',
      model: 'mnist_net',
      confusion,
      loss,
      accuracy,
      images,
    });
    expect((event!.perClass as unknown[])[7]).toEqual({
      class: '7',
      images: expect.any(Number),
      correct: expect.any(Number),
      accuracy: expect.any(Number),
    });
  });

  test('shows people a table of classes and one of confusions', async () => {
    const { stdout } = await tenfold('evaluate', best, '--threads', '1', '--limit', '300');
    expect(stdout).toMatch(/^loss \d\.\d{4} {2}accuracy \d\d\.\d\d %$/m);
    expect(stdout).toMatch(/^class +images +correct +accuracy$/m);
    expect(stdout).toMatch(/^0 +\d+ +\d+ +\d+\.\d\d %$/m);
    expect(stdout).toMatch(/^rows: the true class, columns: what it was taken for$/m);
    expect(stdout.trimEnd().split('\n').at(-1)).toMatch(/^9 9 ( +(\d+|\.)){10}$/);
  });

  test('takes other images whose classes it knows', async () => {
    const { code, stdout, stderr } = await tenfold(
      ...['evaluate', best, '--data', 'folder', '--data-dir', pictures, '--threads', '1', '--json'],
    );
    expect(code, stderr).toBe(0);
    const [event] = events(stdout);
    expect(event).toMatchObject({ images: 40 });
    expect(event!.accuracy).toBeGreaterThan(0.7);
  });

  describe('of image files', () => {
    const files = join(folder, 'frames');
    /** The checkpoint with other images to take, and other data to have learnt from. */
    const changed = async (name: string, preprocessing: object, options: object = {}) => {
      const checkpoint = await readCheckpoint(best);
      const training = checkpoint.training as { options: object };
      const file = join(folder, name);
      await writeCheckpoint(file, {
        ...checkpoint,
        preprocessing: { ...checkpoint.preprocessing, ...preprocessing },
        training: { ...training, options: { ...training.options, ...options } },
      });
      return file;
    };
    const evaluated = async (...words: string[]) => {
      const { code, stdout, stderr } = await tenfold('evaluate', ...words, '--threads', '1', '--json');
      expect(code, stderr).toBe(0);
      return events(stdout)[0]!;
    };

    beforeAll(async () => {
      // The digit in a corner of a picture: what is cut out of it matters.
      for (const [name, position] of [
        ['7', 'top'],
        ['1', 'left'],
      ] as const) {
        mkdirSync(join(files, name), { recursive: true });
        await sharp(digit)
          .resize(84, 56, { fit: 'contain', position, background: 'black' })
          .png()
          .toFile(join(files, name, 'a.png'));
      }
    });

    test('sees them as tenfold predict does: scaled by the shorter side, cut higher than wide', async () => {
      const file = await changed('framed.safetensors', { resize: 40, height: 36, width: 20 });
      const { loss } = await evaluated(file, '--data', 'folder', '--data-dir', files);
      const { stdout } = await tenfold(
        ...['predict', file, join(files, '7', 'a.png'), join(files, '1', 'a.png')],
        ...['--top-k', '10', '--json', '--threads', '1'],
      );
      const losses = events(stdout).map(({ top }, index) => {
        const guesses = top as { class: string; probability: number }[];
        return -Math.log(guesses.find((guess) => guess.class === ['7', '1'][index])!.probability);
      });
      expect(Math.abs((loss as number) - (losses[0]! + losses[1]!) / 2)).toBeLessThan(1e-5);
    });

    test('--data-dir alone is where the images of the training are now, --data names others', async () => {
      const file = await changed('moved.safetensors', {}, { data: 'folder', dataDir: '/gone' });
      const { length } = readdirSync(pictures, { recursive: true, withFileTypes: true }).filter((entry) =>
        entry.isFile(),
      );
      const held = await evaluated(file, '--data-dir', pictures);
      expect(held.images).toBeLessThan(length);
      const all = await evaluated(file, '--data', 'folder', '--data-dir', pictures);
      expect(all.images).toBe(length);
    });
  });

  test('refuses classes that the network does not know', async () => {
    const others = join(folder, 'others');
    for (const name of ['0', 'zebra']) {
      mkdirSync(join(others, name), { recursive: true });
      await sharp(digit).toFile(join(others, name, 'a.png'));
    }
    const { code, stderr } = await tenfold(
      ...['evaluate', best, '--data', 'folder', '--data-dir', others, '--threads', '1'],
    );
    expect(stderr).toContain(
      'tenfold: the images have the class zebra, which the network does not know; it knows 0, 1',
    );
    expect(code).toBe(1);
  });

  test('refuses a checkpoint that does not say what it was trained on, unless images are named', async () => {
    const { training: _, ...rest } = await readCheckpoint(best);
    const bare = join(folder, 'bare.safetensors');
    await writeCheckpoint(bare, rest);
    const { code, stderr } = await tenfold('evaluate', bare, '--threads', '1');
    expect(stderr).toContain('the checkpoint does not say what it was trained on; name images with --data.');
    expect(code).toBe(2);
    expect((await tenfold('evaluate', bare, '--data', 'mnist', '--limit', '64', '--threads', '1')).code).toBe(
      0,
    );
  });

  test('ends with code 1 for a file that is no checkpoint, and with 2 for bad calls', async () => {
    const missing = await tenfold('evaluate', join(folder, 'none.safetensors'));
    expect(missing.stderr).toMatch(/^tenfold: cannot read .+none.safetensors: there is no such file/);
    expect(missing.code).toBe(1);
    expect((await tenfold('evaluate', digit)).code).toBe(1);
    expect((await tenfold('evaluate')).code).toBe(2);
    expect((await tenfold('evaluate', best, '--data', 'digits')).code).toBe(2);
  });

  test('stops at Ctrl-C with code 130', async () => {
    const child = launch('evaluate', best, '--threads', '1');
    child.stdout!.once('data', () => child.kill('SIGINT'));
    const { code, stderr } = await finish(child);
    expect(stderr).toBe('tenfold: interrupted\n');
    expect(code).toBe(130);
  });
});

describe('tenfold predict', () => {
  const handling = 'each image is scaled to cover 28 x 28 pixels, its middle kept, turned grey';

  test('names the likeliest classes and says how images are handled', async () => {
    const { code, stdout, stderr } = await tenfold(
      'predict',
      best,
      digit,
      paper,
      '--top-k',
      '2',
      '--threads',
      '1',
    );
    expect(code, stderr).toBe(0);
    const [first, second, ...more] = stdout.trimEnd().split('\n');
    expect(first).toMatch(/digit\.png: 7 \d+\.\d\d %, \d \d+\.\d\d %$/);
    expect(second).toMatch(/paper\.png: \d /);
    expect(more).toEqual([]);
    expect(stderr).toBe(
      `${handling}, and normalised\n${paper}: it is bright at its rim, but the network learnt from images on a dark ` +
        'ground; --invert turns it around\n',
    );
  });

  test('--invert reads dark digits on white', async () => {
    const { stdout, stderr } = await tenfold(
      ...['predict', '--checkpoint', best, paper, '--invert', '--json', '--threads', '1'],
    );
    expect(stderr).toBe(`${handling}, inverted, and normalised\n`);
    const [event, ...more] = events(stdout);
    expect(more).toEqual([]);
    expect(event).toMatchObject({ event: 'prediction', image: paper });
    const top = event!.top as { class: string; index: number; probability: number }[];
    expect(top).toHaveLength(5);
    expect(top[0]).toMatchObject({ class: '7', index: 7 });
    expect(top.map(({ probability }) => probability)).toEqual(
      top.map(({ probability }) => probability).toSorted((a, b) => b - a),
    );
  });

  test('ends with code 1 for what is no image, and with 2 for bad calls', async () => {
    const text = await tenfold('predict', best, import.meta.filename, '--threads', '1');
    expect(text.stderr).toContain('cannot be read as an image');
    expect(text.code).toBe(1);
    const none = await tenfold('predict', best);
    expect(none.stderr).toContain(
      'predict takes a checkpoint and at least one image, but was given no image.',
    );
    expect(none.code).toBe(2);
    expect((await tenfold('predict', best, digit, '--top-k', '0')).code).toBe(2);
  });
});

test('a network for segmentation is refused, and said to be one', async () => {
  const modelOptions = models.optionsOf('hdc_resnet_small', { numClasses: 2, width: 0.1 });
  const network = onDevice(reference, () => models.create('hdc_resnet_small', modelOptions));
  const file = join(folder, 'segmentation.safetensors');
  await writeCheckpoint(file, {
    model: 'hdc_resnet_small',
    modelOptions,
    classNames: ['ground', 'shape'],
    preprocessing: { height: 64, width: 64, channels: 3, mean: [0, 0, 0], std: [1, 1, 1] },
    versions: {},
    weights: await network.stateDict(),
  });
  network.dispose();
  for (const args of [
    ['evaluate', file, '--data', 'mnist'],
    ['predict', file, digit],
  ]) {
    const { code, stderr } = await tenfold(...args, '--threads', '1');
    expect(stderr).toContain(`tenfold: ${file} holds hdc_resnet_small, which gives a class for each pixel`);
    expect(code).toBe(1);
  }
});
