import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Checkpoint, readCheckpoint, type StateDict } from 'tenfold';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { events, finish, launch, tenfold } from './cli.js';

/** More moments take longer: TENFOLD_INTERRUPTIONS=20 npm test -- test/cli-resume.test.ts */
const moments = Number(process.env.TENFOLD_INTERRUPTIONS ?? 4);
const momentsPerRun = 2;

const folder = mkdtempSync(join(tmpdir(), 'tenfold-resume-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Everything that draws or remembers: dropout, augmentation, momentum, average; 36 steps, saved every 3. */
const options = [
  ...['--limit', '384', '--batch-size', '32', '--epochs', '3', '--checkpoint-every', '3', '--threads', '1'],
  ...['--model-option', 'dropout=0.3', '--augment', 'mnist', '--ema', '0.9', '--clip', '1', '--json'],
];

/** The signals that came before the run had ended. */
const struck: string[] = [];
let duration: number;
let expected: Awaited<ReturnType<typeof outcome>>;

/** What a run leaves behind, but for how long it took. */
async function outcome(out: string) {
  const [last, best] = await Promise.all([
    readCheckpoint(join(out, 'last.safetensors')),
    readCheckpoint(join(out, 'best.safetensors')),
  ]);
  // Digests of tensors, because a report of thousands of numbers that differ takes minutes.
  const digests = (state: StateDict | undefined) =>
    Array.from(
      state ?? [],
      ([name, { data }]) => `${name} ${createHash('sha256').update(data).digest('hex')}`,
    );
  const bits = ({ weights, optimizer, average, training, ...facts }: Checkpoint) => ({
    ...facts,
    tensors: [weights, optimizer, average].map(digests),
    training: untimed(training),
  });
  const untimed = (training: unknown) =>
    JSON.parse(JSON.stringify(training), (name, value) =>
      ['seconds', 'stepSeconds', 'imagesPerSecond', 'started'].includes(name) ? undefined : value,
    );
  const { test: result, mistakes } = JSON.parse(readFileSync(join(out, 'run.json'), 'utf8'));
  return {
    last: bits(last),
    best: bits(best),
    result,
    mistakes,
  };
}

beforeAll(async () => {
  const out = join(folder, 'uninterrupted');
  const child = launch('train', ...options, '--out', out);
  let started = 0;
  child.stdout!.once('data', () => {
    started = performance.now();
  });
  const { code, stderr } = await finish(child);
  expect(code, stderr).toBe(0);
  duration = performance.now() - started;
  expected = await outcome(out);
});

/** Starts or resumes a run and ends it some time after its first sign of life. */
async function interrupt(words: readonly string[], signal: 'SIGINT' | 'SIGKILL', delay: number) {
  const child = launch(...words);
  child.stdout!.once('data', async () => {
    await sleep(delay);
    child.kill(signal);
  });
  return finish(child);
}

const runs = Array.from({ length: Math.ceil(moments / momentsPerRun) }, (_, index) => index);

test.each(runs)(
  'run %i, interrupted twice at random moments, ends with the same bits',
  async (run) => {
    const out = join(folder, `interrupted-${run}`);
    let words = ['train', ...options, '--out', out];
    for (let moment = 0; moment < momentsPerRun; moment++) {
      // The very first moment counts, too: from the first sign of life on, a run can be resumed.
      const delay = run === 1 && moment === 0 ? 0 : Math.random() * 0.45;
      const signal = (run + moment) % 2 === 0 ? 'SIGINT' : 'SIGKILL';
      const { code, stderr } = await interrupt(words, signal, delay * duration);
      if (code === 0) {
        // The machine was slower when the duration was measured.
        duration /= 2;
        break;
      }
      struck.push(signal);
      expect(code, stderr).toBe(signal === 'SIGINT' ? 130 : null);
      words = ['train', '--resume', '--out', out, '--threads', '1', '--json'];
      if (signal === 'SIGINT') {
        const [, typed] = /go on with: tenfold (.+)\n$/.exec(stderr) ?? [];
        expect(typed, stderr).toMatch(/^train --resume --out /);
        words = typed!.split(' ');
      }
      for (const name of readdirSync(out).filter((name) => name.endsWith('.safetensors'))) {
        expect((await readCheckpoint(join(out, name))).model).toBe('mnist_net');
      }
      JSON.parse(readFileSync(join(out, 'run.json'), 'utf8'));
    }
    const { code, stdout, stderr } = await tenfold(...words);
    expect(code, stderr).toBe(0);
    expect(events(stdout).at(-1)!.event).toBe('done');
    expect(await outcome(out)).toEqual(expected);
    expect(readdirSync(out).filter((name) => name.startsWith('.'))).toEqual([]);
  },
  120_000,
);

test('most of these moments came before the run had ended', () => {
  expect(struck.length).toBeGreaterThanOrEqual(moments / 2);
});

describe('--resume', () => {
  const out = join(folder, 'uninterrupted');

  test('of a finished run tests it again, and trains no more', async () => {
    const { code, stdout } = await tenfold('train', '--resume', '--out', out, '--threads', '1', '--json');
    expect(code).toBe(0);
    expect(events(stdout).map(({ event }) => event)).toEqual(['start', 'done']);
    expect(events(stdout)[0]).toMatchObject({ epoch: 4, step: 0 });
    expect(await outcome(out)).toEqual(expected);
  });

  test.each([
    [['--lr', '0.2'], '--lr 0.2 contradicts .+last.safetensors, for which it was 0.1; leave it out'],
    [['--clip', '2'], '--clip 2 contradicts .+, for which it was 1;'],
    [['--freeze', 'conv1.*'], '--freeze conv1\\.\\* contradicts .+, for which it was none;'],
    [['--init', 'a.safetensors'], '--init a.safetensors contradicts .+, for which it was not given;'],
    [['--model-option', 'dropout=0.5'], '--model-option dropout=0.5 contradicts .+ was dropout=0.3;'],
    [['--seed', '2', '--epochs', '3'], '--seed 2 contradicts'],
    [['--epochs', '4'], '--epochs 4 contradicts .+, for which it was 3, and onecycle has planned its rates'],
  ])('refuses %j, which contradicts the run', async (contradiction, message) => {
    const { code, stderr } = await tenfold('train', '--resume', '--out', out, ...contradiction);
    expect(stderr).toMatch(new RegExp(message));
    expect(code).toBe(2);
  });

  test('accepts what the run began with, said again', async () => {
    const words = ['train', '--resume', '--out', out, '--lr', '0.1', '--ema', '0.9', '--limit', '384'];
    expect((await tenfold(...words, '--threads', '1')).code).toBe(0);
  });

  test('trains more epochs where the schedule is the same for any number, and takes none away', async () => {
    const small = [
      ...['--limit', '96', '--batch-size', '32', '--model-option', 'dropout=0.3', '--augment', 'mnist'],
      ...['--ema', '0.9', '--schedule', 'step:1:0.5', '--warm-up', '0.5', '--validation-fraction', '0'],
      ...['--threads', '1', '--json'],
    ];
    const [whole, grown] = [join(folder, 'whole'), join(folder, 'grown')];
    for (const [out, epochs] of [
      [whole, '3'],
      [grown, '1'],
    ] as const) {
      expect((await tenfold('train', ...small, '--epochs', epochs, '--out', out)).code).toBe(0);
    }
    const resume = ['train', '--resume', '--out', grown, '--threads', '1', '--epochs'];
    expect((await tenfold(...resume, '3')).code).toBe(0);
    expect(await outcome(grown)).toEqual(await outcome(whole));
    const { code, stderr } = await tenfold(...resume, '2');
    expect(stderr).toContain('for which it was 3 (more can be added, none taken away); leave it out');
    expect(code).toBe(2);
  });

  test('needs a run', async () => {
    const { code, stderr } = await tenfold('train', '--resume', '--out', join(folder, 'nothing'));
    expect(stderr).toMatch(/tenfold: there is no run to go on with: .+last.safetensors does not exist;/);
    expect(code).toBe(1);
    expect(existsSync(join(folder, 'nothing'))).toBe(false);
  });

  test('needs all that belongs to a run, not only its weights', async () => {
    const weights = join(folder, 'weights');
    cpSync(join(out, 'best.safetensors'), join(weights, 'last.safetensors'));
    const { code, stderr } = await tenfold('train', '--resume', '--out', weights);
    expect(stderr).toContain('holds a network, but no run that could go on; start from it with --init.');
    expect(code).toBe(1);
  });
});
