/** Every case of every operator, forward and backward: the same bits with any number of threads. */

import { createHash } from 'node:crypto';
import { start, stop } from 'tenfold';
import { afterAll, expect, test } from 'vitest';
import { trialOf } from '../cases/_case.js';
import { operatorName, tables } from '../contract/tables.js';
import { outcome } from '../contract/trial.js';

afterAll(stop);

async function checksums(threads: number): Promise<ReadonlyMap<string, string>> {
  const device = await start({ threads });
  const sums = new Map<string, string>();
  for (const [file, cases] of tables) {
    for (const it of cases) {
      const found = await outcome(device, trialOf(operatorName(file), it));
      for (const [name, { data }] of Object.entries(found)) {
        const sum = createHash('sha256').update(data).digest('hex');
        sums.set(`${file}, ${it.name}: ${name}`, sum);
      }
    }
  }
  await stop();
  return sums;
}

test('1 thread and 3 threads give the same bits', async () => {
  const [one, three] = [await checksums(1), await checksums(3)];
  const different = [...one].filter(([name, sum]) => three.get(name) !== sum).map(([name]) => name);
  expect(different).toEqual([]);
  expect(three.size).toBe(one.size);
});
