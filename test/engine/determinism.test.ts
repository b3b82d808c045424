import * as tenfold from 'tenfold';
import { afterAll, expect, test } from 'vitest';
import { committedChecksum } from './committed-checksum.js';
import { digits } from './digits.js';
import { finish, type TrainingResult, train50Steps } from './training.js';

const { start, stop } = tenfold;

async function trainWith(threads: number): Promise<TrainingResult> {
  await start({ threads });
  try {
    return await finish(train50Steps(tenfold, await digits()));
  } finally {
    await stop();
  }
}

afterAll(stop);

test('50 training steps give the same bits with 1, 2 and 3 threads, in every run, and those committed', async () => {
  const results = [await trainWith(1), await trainWith(2), await trainWith(2), await trainWith(3)];
  const [first] = results;
  expect(first!.losses.at(-1)!).toBeLessThan(first!.losses[0]! / 1.5);
  for (const { losses, checksum } of results) {
    expect(losses).toEqual(first!.losses);
    expect(checksum).toBe(committedChecksum);
  }
});
