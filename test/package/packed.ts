/** The packed library, installed in a folder of its own as a stranger would. */

import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe } from 'vitest';

const here = fileURLToPath(new URL('.', import.meta.url));

/** Whether the tools that only these tests need are installed. */
export const hasTools = existsSync(join(here, 'node_modules'));

/** `describe` for what needs the tools of this folder. */
export function describeWithTools(title: string, body: () => void): void {
  if (!hasTools && process.env.CI) throw new Error('CI must run these tests: npm ci --prefix test/package');
  const reason = hasTools ? '' : ' (skipped: its tools are missing; npm ci --prefix test/package)';
  describe.skipIf(!hasTools)(title + reason, body);
}

export interface Packed {
  /** Where everything is, and more may be put. */
  readonly folder: string;
  readonly tarball: string;
  /** The paths in the tarball, of the package's own folder. */
  readonly files: readonly string[];
  /** A copy of `app`, with the tarball installed. */
  readonly app: string;
  remove(): void;
}

export function pack(): Packed {
  const folder = mkdtempSync(join(tmpdir(), 'tenfold-packed-'));
  const library = join(here, '../../packages/tenfold');
  const output = npm(library, 'pack', '--json', '--pack-destination', folder);
  const [{ filename, files }] = JSON.parse(output);
  const tarball = join(folder, filename);
  const app = join(folder, 'app');
  cpSync(join(here, 'app'), app, { recursive: true });
  npm(app, 'install', '--offline', '--no-package-lock', '--prefix', app, tarball);
  return {
    folder,
    tarball,
    files: files.map(({ path }: { path: string }) => path),
    app,
    remove: () => rmSync(folder, { recursive: true }),
  };
}

function npm(folder: string, ...parameters: string[]): string {
  return execFileSync('npm', parameters, {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}
