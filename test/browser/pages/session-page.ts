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
  /** Trains; tells the steps heard of, and how many at the pause, if there is one, and a while after. */
  async train(threads: number, pause: 'with a pause' | 'without') {
    const session = await open();
    const steps: number[] = [];
    const run = session.run('train', { digits: await loadDigits(), threads }, ({ step }) => steps.push(step));
    const standing: number[] = [];
    if (pause === 'with a pause') {
      // Asked for before the first step, so that no step can be faster than the wish.
      await run.pause();
      standing.push(steps.length);
      await new Promise((resolve) => setTimeout(resolve, 300));
      standing.push(steps.length);
      run.resume();
    }
    const result = await run.result;
    await session.close();
    return { ...result, steps, standing };
  },

  /** Cancels a training at its first step, then trains another to its end in the same worker. */
  async cancelAndTrain() {
    const session = await open();
    const digits = await loadDigits();
    let heard = 0;
    const first = session.run('train', { digits, threads: 1 }, () => heard++);
    first.cancel();
    const reason = await first.result.catch((error) => `${error.name}: ${error.message}`);
    const { checksum } = await session.run('train', { digits, threads: 1 }).result;
    await session.close();
    return { reason, heard, checksum };
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
