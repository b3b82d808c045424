import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { chromiumPath, describeIn, sharedChromium } from './browser/browsers.js';
import { isolation, serve } from './browser/server.js';

const examples = fileURLToPath(new URL('../examples', import.meta.url));
const distribution = fileURLToPath(new URL('../packages/tenfold/dist', import.meta.url));

test('examples/train.js trains in Node', () => {
  const { stdout, stderr } = spawnSync(process.execPath, ['train.js'], { cwd: examples, encoding: 'utf8' });
  expect(stderr).toBe('');
  const [, right] = /(\d+) of 32 new drawings recognised/.exec(stdout)!;
  expect(Number(right)).toBeGreaterThanOrEqual(30);
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
    await last.waitFor();
    expect(Number.parseInt((await last.textContent())!, 10)).toBeGreaterThanOrEqual(48);
    await page.close();
    site.close();
  });
});
