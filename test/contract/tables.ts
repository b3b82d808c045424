import { readdirSync } from 'node:fs';
import type { Case } from '../cases/_case.js';

/** The operators' names as their files have them: `max-pool2d`. `define-operator` makes operators and is none. */
export const operatorFiles: readonly string[] = namesIn('../../packages/tenfold/src/ops/').filter(
  (name) => name !== 'index' && name !== 'define-operator',
);

/** Every case table, by file name. */
export const tables: ReadonlyMap<string, readonly Case[]> = new Map(
  await Promise.all(
    namesIn('../cases/').map(async (name) => {
      const { cases } = (await import(`../cases/${name}.ts`)) as { cases: readonly Case[] };
      return [name, cases] as const;
    }),
  ),
);

function namesIn(folder: string): string[] {
  return readdirSync(new URL(folder, import.meta.url))
    .filter((file) => file.endsWith('.ts') && !file.startsWith('_'))
    .map((file) => file.slice(0, -'.ts'.length));
}

/** `maxPool2d` from `max-pool2d`. */
export function operatorName(file: string): string {
  return file.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}
