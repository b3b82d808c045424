/** A worker that trains for a session. */

import * as tenfold from 'tenfold';
import { serve } from 'tenfold/worker';
import { type Digits, trainTenfoldNet } from '../../engine/training.js';
import { longStep } from './long-step.js';

export const jobs = {
  /** The first steps of the network of `npm start`. */
  async *train({ digits, threads }: { digits: Digits; threads: number }) {
    const { description } = await tenfold.start({ threads });
    try {
      return { description, ...(yield* trainTenfoldNet(tenfold, digits)) };
    } finally {
      await tenfold.stop();
    }
  },

  /** Steps of a tenth of a second and more, without end. */
  async *trainForever({ digits, threads }: { digits: Digits; threads: number }) {
    await tenfold.start({ threads });
    try {
      for (;;) yield await longStep(tenfold, digits);
    } finally {
      await tenfold.stop();
    }
  },
};
serve(jobs);
