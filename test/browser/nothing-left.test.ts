/** Pages that come and go, and sessions that are opened and closed, leave no thread and no memory behind. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chromiumPath, describeIn, launchChromium } from './browsers.js';
import { distribution, isolation, type Site, serve } from './server.js';

/** What each of them computes with, and would leave behind at least; caches of the browser are allowed a quarter. */
const tensorMegabytes = 8;

let site: Site;
let browser: Browser;
let page: Page;

const worker = `import { serve, start, stop, sum, full } from '/tenfold/tenfold.min.js';
serve({
  async add() {
    await start({ threads: 3 });
    return sum(full([2000, 1000], 1)).item();
  },
});`;

const script = `import { full, openSession, start, sum } from '/tenfold/tenfold.min.js';
globalThis.add = async () => {
  await start({ threads: 3 });
  return sum(full([2000, 1000], 1)).item();
};
globalThis.addInSession = async () => {
  const session = await openSession(new Worker('/worker.js', { type: 'module' }));
  const result = await session.run('add', {}).result;
  await session.close();
  return result;
};`;

declare global {
  var add: () => Promise<number>;
  var addInSession: () => Promise<number>;
}

beforeAll(async () => {
  if (chromiumPath === undefined) return;
  site = await serve({ folders: { tenfold: distribution }, headers: isolation });
  site.content.set('/', '<!doctype html><script type="module" src="/page.js"></script>');
  site.content.set('/page.js', script).set('/worker.js', worker);
  // A browser of its own, so that nobody else moves its memory.
  browser = await launchChromium('--js-flags=--expose-gc');
  page = await browser.newPage();
  await page.goto(site.origin);
});

afterAll(async () => {
  await browser?.close();
  site?.close();
});

interface Held {
  /** Threads that run workers, of all processes that run pages. */
  readonly workers: number;
  /** The processor time that these have had, in hundredths of a second. */
  readonly ticks: number;
  /** Resident memory of the processes. */
  readonly megabytes: number;
}

async function held(): Promise<Held> {
  await page.evaluate(() => (globalThis as unknown as { gc: () => void }).gc());
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  const renderers = processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => `/proc/${id}`);
  const threads = renderers
    .flatMap((process) => {
      const tasks = existsSync(process) ? readdirSync(`${process}/task`) : [];
      return tasks.map((task) => textOf(`${process}/task/${task}/stat`));
    })
    // The name stands in brackets before the other fields.
    .filter((stat) => stat.includes('(DedicatedWorker'))
    .map((stat) => stat.slice(stat.lastIndexOf(')') + 2).split(' '));
  const kilobytes = renderers.map((process) => /VmRSS:\s+(\d+)/.exec(textOf(`${process}/status`))?.[1] ?? 0);
  return {
    workers: threads.length,
    ticks: threads.reduce((sum, fields) => sum + Number(fields[11]) + Number(fields[12]), 0),
    megabytes: kilobytes.reduce<number>((sum, each) => sum + Number(each), 0) / 1024,
  };
}

/** Of a file about a process or thread, which may have ended meanwhile. */
function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** Waits for threads that have been told to end. */
async function settled(workers: number): Promise<Held> {
  for (let wait = 0; wait < 300; wait++) {
    if ((await held()).workers <= workers) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return held();
}

/** However slow the machine is: how long it takes is not what is tested here. */
const timeout = 600_000;

async function repeat(times: number, body: () => Promise<void>): Promise<void> {
  for (let time = 0; time < times; time++) await body();
}

describeIn('Chromium', chromiumPath, 'in Chromium nothing is left', () => {
  // Linux tells of the threads and the memory of a process.
  const onLinux = test.runIf(process.platform === 'linux');

  onLinux(
    'by 200 reloads of a page with threads',
    async () => {
      const reload = async () => {
        await page.reload();
        expect(await page.evaluate(() => add())).toBe(2_000_000);
      };
      await repeat(40, reload);
      const early = await settled(2);
      await repeat(160, reload);
      const late = await settled(2);
      expect(early.workers).toBe(2);
      expect(late.workers).toBe(2);
      expect(late.megabytes - early.megabytes).toBeLessThan((160 * tensorMegabytes) / 4);
    },
    timeout,
  );

  onLinux(
    'by 12 pages with threads that are closed',
    async () => {
      await page.reload();
      const openAndClose = async () => {
        const other = await browser.newPage();
        await other.goto(site.origin);
        expect(await other.evaluate(() => add())).toBe(2_000_000);
        await other.close();
      };
      await repeat(2, openAndClose);
      const early = await settled(0);
      await repeat(10, openAndClose);
      const late = await settled(0);
      expect(early.workers).toBe(0);
      expect(late.workers).toBe(0);
      expect(late.megabytes - early.megabytes).toBeLessThan((10 * tensorMegabytes) / 4);
    },
    timeout,
  );

  onLinux(
    'to do for the threads of a page that computes nothing',
    async () => {
      await page.reload();
      await page.evaluate(() => add());
      expect((await settled(2)).workers).toBe(2);
      // They go to sleep a millisecond after their last work.
      await new Promise((resolve) => setTimeout(resolve, 500));
      const before = await held();
      await new Promise((resolve) => setTimeout(resolve, 1000));
      expect((await held()).ticks - before.ticks).toBeLessThanOrEqual(5);
    },
    timeout,
  );

  onLinux(
    'by 50 sessions with threads',
    async () => {
      await page.reload();
      const addInSession = async () => {
        expect(await page.evaluate(() => globalThis.addInSession())).toBe(2_000_000);
      };
      await repeat(10, addInSession);
      const early = await settled(0);
      await repeat(40, addInSession);
      const late = await settled(0);
      expect(early.workers).toBe(0);
      expect(late.workers).toBe(0);
      expect(late.megabytes - early.megabytes).toBeLessThan((40 * tensorMegabytes) / 4);
    },
    timeout,
  );
});
