import * as tenfold from 'tenfold';
import { serve } from 'tenfold/worker';
import { type Digits, trainTenfoldNet } from './training.ts';

export const jobs = {
  async *train(digits: Digits) {
    const { description } = await tenfold.start({ threads: 2 });
    try {
      return { description, ...(yield* trainTenfoldNet(tenfold, digits)) };
    } finally {
      await tenfold.stop();
    }
  },
};
serve(jobs);
