import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { cost, models } from 'tenfold';
import { expect, test } from 'vitest';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

test('the example in the README runs', () => {
  const [, example] = /```js\n(.*?)```/s.exec(readme)!;
  const file = fileURLToPath(new URL('.readme-example.mjs', import.meta.url));
  writeFileSync(file, example!);
  try {
    const { stdout, stderr, status } = spawnSync(process.execPath, [file], { encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(status).toBe(0);
    const losses = [...stdout.matchAll(/step \d+: loss (\d\.\d+)/g)].map(([, loss]) => Number(loss));
    expect(losses).toHaveLength(4);
    expect(losses[3]!).toBeLessThan(losses[0]!);
    expect(stdout).toContain('dark: true');
  } finally {
    rmSync(file);
  }
});

test('the network of the README is the one that is trained', () => {
  const { scripts } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  const [, name] = /--model (\w+)/.exec(scripts.start)!;
  const { multiplyAccumulates, parameters } = cost(() => models.create(name!), [1, 28, 28, 1]);
  expect(readme).toContain(`training ${name}`);
  for (const count of [multiplyAccumulates, parameters]) {
    expect(readme).toContain(count.toLocaleString('en-US'));
  }
});
