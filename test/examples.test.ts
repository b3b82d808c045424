import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { chromiumPath, describeIn, sharedChromium } from './browser/browsers.js';
import { isolation, serve } from './browser/server.js';

const examples = fileURLToPath(new URL('../examples', import.meta.url));
const distribution = fileURLToPath(new URL('../packages/tenfold/dist', import.meta.url));

test.each(['page.html', 'train.js'])('examples/%s has 20 lines, without comments', (name) => {
  const lines = readFileSync(join(examples, name), 'utf8').split('\n');
  expect(lines.filter((line) => line !== '' && !/^\s*(\/[/*]|<!-- )/.test(line)).length).toBeLessThanOrEqual(
    20,
  );
});

test('examples/train.js trains in Node', () => {
  const { stdout, stderr } = spawnSync(process.execPath, ['train.js'], { cwd: examples, encoding: 'utf8' });
  expect(stderr).toBe('');
  const [, right] = /(\d+) of 1000 new digits read/.exec(stdout)!;
  expect(Number(right)).toBeGreaterThanOrEqual(880);
});

describeIn('Chromium', chromiumPath, 'in Chromium', () => {
  test('examples/page.html learns to read the digits that it draws', async () => {
    const site = await serve({
      folders: { examples, 'packages/tenfold/dist': distribution },
      headers: isolation,
    });
    const page = await (await sharedChromium()).newPage();
    await page.goto(`${site.origin}/examples/page.html`);
    const last = page.getByText('new digits read');
    await last.waitFor({ timeout: 0 });
    expect(Number.parseInt((await last.textContent())!, 10)).toBeGreaterThanOrEqual(48);
    await page.close();
    site.close();
  });
});
