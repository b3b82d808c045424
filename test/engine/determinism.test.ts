import { start, stop } from 'tenfold';
import { afterAll, expect, test } from 'vitest';
import { type TrainingResult, train50Steps } from './network.js';

/** Another value needs a line in CHANGELOG.md: results of the same seed have changed. */
const committed = '6ce45aeb13dbb06ac737c465cc09d32aefa35942844f1a7d539cf673d68f984a';

async function trainWith(threads: number): Promise<TrainingResult> {
  await start({ threads });
  try {
    return await train50Steps();
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
    expect(checksum).toBe(committed);
  }
});
