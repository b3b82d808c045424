import { createRequire } from 'node:module';

export const { version } = createRequire(import.meta.url)('../package.json') as { version: string };

/** What decides, beside the options, which bits come out. */
export const versions: Readonly<Record<string, string>> = {
  tenfold: version,
  node: process.versions.node,
  v8: process.versions.v8,
};
