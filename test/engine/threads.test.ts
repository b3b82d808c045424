/** Every case of every operator, forward and backward: the same bits with any number of threads. */

import { createHash } from 'node:crypto';
import { start, stop } from 'tenfold';
import { afterAll, expect, test } from 'vitest';
import { trialOf } from '../cases/_case.js';
import { operatorName, tables } from '../contract/tables.js';
import { outcome } from '../contract/trial.js';

async function checksums(threads: number): Promise<Readonly<Record<string, string>>> {
  const device = await start({ threads });
  const found: Record<string, string> = {};
  try {
    for (const [file, cases] of tables) {
      for (const it of cases) {
        const hash = createHash('sha256');
        for (const { data } of Object.values(await outcome(device, trialOf(operatorName(file), it)))) {
          hash.update(data);
        }
        found[`${file}: ${it.name}`] = hash.digest('hex');
      }
    }
    return found;
  } finally {
    await stop();
  }
}

afterAll(stop);

test('all operators give the same bits with 1 and 3 threads', async () => {
  const alone = await checksums(1);
  expect(Object.keys(alone).length).toBeGreaterThan(300);
  expect(await checksums(3)).toEqual(alone);
});
