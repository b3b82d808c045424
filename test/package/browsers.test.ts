/** Which browsers are new enough, by the tables of MDN: those that have all that the library uses. */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import { describeWithTools } from './packed.js';

const used = [
  'webassembly/fixed-width-SIMD',
  'webassembly/threads-and-atomics',
  'webassembly/bulk-memory-operations',
  // The newest of the language that the library is compiled for, which tsc holds: ES2023.
  'javascript/builtins/Array/toReversed',
  'javascript/builtins/Array/with',
  'javascript/builtins/Array/findLastIndex',
  'javascript/builtins/Object/hasOwn',
  'javascript/builtins/FinalizationRegistry',
  'javascript/classes/private_class_methods',
  'api/structuredClone',
  'api/crossOriginIsolated',
  'api/DecompressionStream/DecompressionStream/gzip',
  'api/Worker/Worker/options_type_parameter',
  'api/OffscreenCanvas/getContext/2d_context',
  'api/HTMLInputElement/cancel_event',
  'api/StorageManager/getDirectory',
];

interface Support {
  readonly version_added: string;
}
type Table = { readonly [name: string]: Table } & {
  readonly __compat?: { readonly support: Readonly<Record<string, Support | readonly Support[]>> };
};

describeWithTools('the browsers that the guide of the library names', () => {
  test('are the oldest that have all that it uses', () => {
    const tables: Table = createRequire(import.meta.url)('@mdn/browser-compat-data');
    const oldest = (browser: string) => {
      const versions = used.map((path) => {
        const { support } = path.split('/').reduce((table, name) => table[name]!, tables).__compat!;
        return Number([support[browser]!].flat()[0]!.version_added);
      });
      return Math.max(...versions);
    };
    const guide = readFileSync(new URL('../../packages/tenfold/README.md', import.meta.url), 'utf8');
    expect(guide).toContain(
      `Chrome ${oldest('chrome')}, Firefox ${oldest('firefox')}, Safari ${oldest('safari')} or later`,
    );
  });
});
