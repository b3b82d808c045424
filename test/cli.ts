/** The command in a process of its own. */

import { type ChildProcess, spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

export const command = fileURLToPath(new URL('../packages/cli/bin/tenfold.js', import.meta.url));

export function launch(...words: string[]): ChildProcess {
  return spawn(process.execPath, [command, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
}

export async function finish(child: ChildProcess) {
  const exit = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [stdout, stderr] = await Promise.all([text(child.stdout!), text(child.stderr!)]);
  return { code: await exit, stdout, stderr };
}

export async function tenfold(...words: string[]) {
  return finish(launch(...words));
}

export interface Event extends Readonly<Record<string, unknown>> {
  readonly event: string;
}

export function events(stdout: string): Event[] {
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}
