import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

/** What a training process holds at some steps; it runs alone, so that nothing else moves its memory. */
function trainAlone(): { step: number; deviceBytes: number; tensors: number; residentMegabytes: number }[] {
  const script = fileURLToPath(new URL('train-2000-steps.mjs', import.meta.url));
  // V8 enlarges its nursery while it sees garbage, up to 48 MiB; a small one shows what the library keeps.
  const flags = ['--expose-gc', '--max-semi-space-size=2'];
  const { stdout, stderr, status } = spawnSync(process.execPath, [...flags, script], { encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

test('2,000 training steps hold constant memory', { timeout: 120_000 }, () => {
  const [at500, ...later] = trainAlone();
  expect(later.map(({ step }) => step)).toEqual([1000, 1500, 2000]);
  for (const { deviceBytes, tensors } of later) {
    expect(deviceBytes).toBe(at500!.deviceBytes);
    expect(tensors).toBe(at500!.tensors);
  }
  expect(later.at(-1)!.residentMegabytes - at500!.residentMegabytes).toBeLessThan(16);
});
