/** The committed bits of 50 training steps in every browser. */

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { committedChecksum } from '../engine/committed-checksum.js';
import { digits } from '../engine/digits.js';
import { chromiumPath, describeIn, firefoxPath, sharedChromium } from './browsers.js';
import { browserModule } from './module.js';
import { isolation, type Site, serve } from './server.js';

let plain: Site;
let isolated: Site;

beforeAll(async () => {
  plain = await serve();
  isolated = await serve({ headers: isolation });
  const { images, labels } = await digits();
  const page = await browserModule(new URL('pages/checksum.ts', import.meta.url));
  for (const { content } of [plain, isolated]) {
    content.set('/', '<!doctype html><script type="module" src="/page.js"></script>');
    content.set('/page.js', page).set('/images', images).set('/labels', labels);
  }
});

afterAll(() => {
  for (const site of [plain, isolated]) site?.close();
});

/** What the page of a site reports once it is opened. */
function reportOf(site: Site): Promise<unknown> {
  return new Promise((resolve) => {
    site.content.set('/report', (_, body) => {
      resolve(JSON.parse(new TextDecoder().decode(body)));
      return undefined;
    });
  });
}

const withThreads = { description: 'wasm, 2 threads', checksum: committedChecksum };
const withOneThread = {
  description: expect.stringMatching(/^wasm, 1 thread \(no more: .* cross-origin isolated/),
  checksum: committedChecksum,
};

describeIn('Chromium', chromiumPath, '50 training steps in Chromium', () => {
  test.each([
    ['threads', () => isolated, withThreads],
    ['one thread', () => plain, withOneThread],
  ])('give the committed bits with %s', async (_, site, expected) => {
    const report = reportOf(site());
    const page = await (await sharedChromium()).newPage();
    await page.goto(site().origin);
    expect(await report).toEqual(expected);
    await page.close();
  });
});

describeIn('Firefox', firefoxPath, '50 training steps in Firefox', () => {
  let firefox: Firefox | undefined;
  afterAll(() => firefox?.close());

  test('give the committed bits with threads, and with one', async () => {
    const first = reportOf(isolated);
    const second = reportOf(plain);
    firefox = startFirefox(isolated.origin, plain.origin);
    expect(await first).toEqual(withThreads);
    expect(await second).toEqual(withOneThread);
  });
});

interface Firefox {
  close(): Promise<void>;
}

/** Firefox without a window, in a profile of its own, with these pages open. */
function startFirefox(...addresses: string[]): Firefox {
  const profile = mkdtempSync(join(tmpdir(), 'tenfold-firefox-'));
  const quiet = [
    ['browser.shell.checkDefaultBrowser', false],
    ['datareporting.policy.dataSubmissionEnabled', false],
    ['toolkit.telemetry.reportingpolicy.firstRun', false],
    ['app.update.enabled', false],
    ['network.captive-portal-service.enabled', false],
    ['network.connectivity-service.enabled', false],
    ['services.settings.server', ''],
    ['extensions.getAddons.cache.enabled', false],
    ['browser.sessionstore.resume_from_crash', false],
  ].map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`);
  writeFileSync(join(profile, 'user.js'), quiet.join(''));
  const child: ChildProcess = spawn(
    firefoxPath!,
    ['--headless', '--no-remote', '--profile', profile, ...addresses],
    { stdio: 'ignore', env: { ...process.env, HOME: profile } },
  );
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return {
    async close() {
      child.kill();
      await ended;
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
