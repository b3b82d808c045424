import { expect, expectTypeOf, test } from 'vitest';
import * as browser from '../packages/tenfold/dist/platform/browser.js';
import * as node from '../packages/tenfold/dist/platform/node.js';

test('both platforms offer the same: the library is type-checked against one of them', () => {
  expectTypeOf<typeof browser>().toEqualTypeOf<typeof node>();
  expect(Object.keys(browser)).toEqual(Object.keys(node));
});
