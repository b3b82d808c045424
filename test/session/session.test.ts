/** Sessions with a worker of Node; `test/browser` has them in pages. */

import { Worker } from 'node:worker_threads';
import { CancelledError, ShapeError } from 'tenfold';
import { type Jobs, openSession, type Session, serve } from 'tenfold/worker';
import { afterEach, expect, test } from 'vitest';

let session: Session<Jobs>;
let worker: Worker;

async function open(module = './jobs.mjs', timeoutSeconds = 20): Promise<void> {
  worker = new Worker(new URL(module, import.meta.url));
  session = await openSession(worker, { timeoutSeconds });
}

afterEach(() => session?.close());

test('a job tells of its progress, then returns', async () => {
  await open();
  const heard: unknown[] = [];
  const { result } = session.run('count', { to: 3 }, (progress) => heard.push(progress));
  expect(await result).toBe('counted');
  expect(heard).toEqual([1, 2, 3]);
});

test('a job that is paused stands still until it is resumed', async () => {
  await open();
  const heard: unknown[] = [];
  const run = session.run('count', { to: 2000 }, (progress) => heard.push(progress));
  await run.pause();
  const { length } = heard;
  expect(length).toBeLessThan(2000);
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(heard).toHaveLength(length);
  run.resume();
  expect(await run.result).toBe('counted');
  expect(heard).toHaveLength(2000);
});

test('a job that is cancelled ends where it yields, also while it is paused', async () => {
  await open();
  for (const pauseFirst of [false, true]) {
    const run = session.run('count', { to: Number.POSITIVE_INFINITY });
    if (pauseFirst) await run.pause();
    await run.cancel();
    await expect(run.result).rejects.toThrow(CancelledError);
    expect(await session.run('last', {}).result).toEqual({ ended: 'early', aborted: true });
  }
});

test('several jobs take turns', async () => {
  await open();
  let heard = 0;
  const endless = session.run('count', { to: Number.POSITIVE_INFINITY }, () => heard++);
  expect(await session.run('count', { to: 5 }).result).toBe('counted');
  const before = heard;
  expect(await session.run('count', { to: 5 }).result).toBe('counted');
  expect(heard).toBeGreaterThan(before);
  await endless.cancel();
  await expect(endless.result).rejects.toThrow(CancelledError);
});

test('errors arrive as what they were, and the session goes on', async () => {
  await open();
  const error = (await session.run('misshape', {}).result.catch((reason) => reason)) as ShapeError;
  expect(error).toBeInstanceOf(ShapeError);
  expect(error.message).toBe('tensor: 3 values do not fill shape [2, 2], which has 4 elements');
  expect(error.details).toMatchObject({ operator: 'tensor', got: 3, expected: 4 });
  await expect(session.run('fail', {}).result).rejects.toThrow(new TypeError('as it was told to'));
  await expect(session.run('fial', {}).result).rejects.toThrow(
    "this worker serves no job 'fial'; its jobs are count, last, misshape, fail",
  );
  expect(await session.run('count', { to: 1 }).result).toBe('counted');
});

test('closing cancels what is under way and ends the worker', async () => {
  await open();
  const run = session.run('count', { to: Number.POSITIVE_INFINITY });
  const ended = new Promise((resolve) => worker.on('exit', resolve));
  await session.close();
  await ended;
  await expect(run.result).rejects.toThrow(CancelledError);
  await expect(session.run('last', {}).result).rejects.toThrow(
    'the session has been closed; open another one',
  );
});

test('a worker that does not serve, or cannot load, is told of', async () => {
  const silent = open('../engine/ending-worker.mjs');
  await expect(silent).rejects.toThrow('the worker of the session has ended: it exited with code 3');
  await expect(open('no-such-module.mjs')).rejects.toThrow(
    /has ended: Cannot find module .*no-such-module\.mjs/,
  );
  const waiting = new Worker('setTimeout(() => {}, 60_000)', { eval: true });
  await expect(openSession(waiting, { timeoutSeconds: 0.2 })).rejects.toThrow(
    'the worker of the session did not start within 0.2 seconds; does its module call serve()?',
  );
});

test('serve says where it belongs', () => {
  expect(() => serve({})).toThrow('serve: this is not a worker; call it in the module of one');
});
