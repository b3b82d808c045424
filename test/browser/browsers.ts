/** The browsers of this machine. Where one is missing its tests are skipped and say so, unless CI demands them. */

import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, describe } from 'vitest';

export const chromiumPath = find('CHROMIUM', ['chromium', 'chromium-browser', 'google-chrome']);
export const firefoxPath = find('FIREFOX', ['firefox-esr', 'firefox']);

/** `describe` for what needs a browser. */
export function describeIn(
  name: 'Chromium' | 'Firefox',
  path: string | undefined,
  title: string,
  body: () => void,
): void {
  if (path === undefined && process.env.CI) {
    throw new Error(
      `${name} is not installed, and CI must not go without it: apt-get install chromium firefox-esr`,
    );
  }
  const reason =
    path === undefined ? ` (skipped: no ${name} found; install it, or name it in ${name.toUpperCase()})` : '';
  describe.skipIf(path === undefined)(title + reason, body);
}

let launched: Promise<Browser> | undefined;

/** One Chromium for all tests of a file. */
export function sharedChromium(): Promise<Browser> {
  launched ??= launchChromium();
  return launched;
}

afterAll(async () => (await launched)?.close());

/** Containers run tests as root, which the sandbox refuses. */
export function launchChromium(...flags: string[]): Promise<Browser> {
  const args = ['--no-sandbox', '--disable-background-networking', '--disable-quic', ...flags];
  return chromium.launch({ executablePath: chromiumPath!, args });
}

function find(variable: string, names: readonly string[]): string | undefined {
  const given = process.env[variable];
  if (given) return given;
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders
    .flatMap((folder) => names.map((name) => join(folder, name)))
    .find((path) => existsSync(path));
}
