import { start, stop } from 'tenfold';
import { afterAll, expect, test } from 'vitest';
import { type TrainingResult, train50Steps } from './network.js';

/** Another value needs a line in CHANGELOG.md: results of the same seed have changed. */
const committed = 'ede680fe2721accc239c870e95e53e872b5937b0518343f6fe1decdfc85167a2';

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
