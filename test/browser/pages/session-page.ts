/** A page whose sessions train in a worker; the tests call what it leaves in `globalThis`. */

import * as tenfold from 'tenfold';
import { openSession } from 'tenfold/worker';
import type { Digits } from '../../engine/training.js';
import { longStep } from './long-step.js';
import type { jobs } from './train-worker.js';

const bytes = async (address: string) => new Uint8Array(await (await fetch(address)).arrayBuffer());

const open = () => openSession<typeof jobs>(new Worker('/train-worker.js', { type: 'module' }));

async function loadDigits(): Promise<Digits> {
  return { images: await bytes('/images'), labels: await bytes('/labels') };
}

const tests = {
  /** Trains, with a pause after the given step; tells the steps heard of at the pause, after it, and in all. */
  async train(threads: number, pauseAfter: number) {
    const session = await open();
    const steps: number[] = [];
    let standing: Promise<readonly number[]> | undefined;
    const run = session.run('train', { digits: await loadDigits(), threads }, ({ step }) => {
      steps.push(step);
      if (step === pauseAfter) standing = stand();
    });
    const stand = async () => {
      await run.pause();
      const atPause = steps.length;
      await new Promise((resolve) => setTimeout(resolve, 300));
      const afterPause = steps.length;
      run.resume();
      return [atPause, afterPause];
    };
    const result = await run.result;
    await session.close();
    return { ...result, steps, standing: await standing };
  },

  /** Cancels a training after its first step, then trains another to its end in the same worker. */
  async cancelAndTrain() {
    const session = await open();
    const digits = await loadDigits();
    const first = session.run('train', { digits, threads: 1 }, () => first.cancel());
    const reason = await first.result.catch((error) => `${error.name}: ${error.message}`);
    const { checksum } = await session.run('train', { digits, threads: 1 }).result;
    await session.close();
    return { reason, checksum };
  },

  /** Begins to train without end, in a worker or on this thread. */
  async trainForever(where: 'in a worker' | 'on this thread') {
    const digits = await loadDigits();
    if (where === 'in a worker') {
      const session = await open();
      await new Promise((resolve) => session.run('trainForever', { digits, threads: 2 }, resolve));
    } else {
      await tenfold.start({ threads: 2 });
      await longStep(tenfold, digits);
      (async () => {
        for (;;) await longStep(tenfold, digits);
      })();
    }
  },

  /** Milliseconds from each key press until the page has answered it. */
  answers(): readonly number[] {
    return answers;
  },
};

const answers: number[] = [];
addEventListener('keydown', ({ timeStamp }) => {
  document.body.textContent = `key ${answers.length}`;
  answers.push(performance.now() - timeStamp);
});

export type SessionTests = typeof tests;
Object.assign(globalThis, { tests });
