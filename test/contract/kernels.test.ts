/** The kernel tables of the devices: nothing missing, nothing left untested. */

import type { Device } from 'tenfold';
import { expect, test } from 'vitest';
import { pick } from '../../packages/tenfold/dist/device/wasm/pick.js';
import { trialOf } from '../cases/_case.js';
import { meta, reference, wasm } from '../devices.js';
import { operatorName, tables } from './tables.js';
import { perform } from './trial.js';

/** These belong to optimizers, not to operators; optimizer-kernels.test.ts runs them. */
const ofOptimizers = ['adam', 'clipFactor', 'exchange', 'lerp', 'rmsprop', 'scaleBy', 'sgd', 'sumOfSquares'];

/** What the case tables ask of any device, and which of its kernels the wasm device picks for that. */
function asked(): { readonly kernels: ReadonlySet<string>; readonly picked: ReadonlySet<string> } {
  const kernels = new Set<string>();
  const picked = new Set<string>();
  const listening: Device = {
    ...meta,
    run(name, record) {
      kernels.add(name);
      picked.add(pick(name, record));
    },
  };
  for (const [file, cases] of tables) {
    for (const it of cases) perform(listening, trialOf(operatorName(file), it)).dispose();
  }
  return { kernels, picked };
}

const { kernels, picked } = asked();

test('the case tables run every kernel of the reference device', () => {
  expect([...kernels, ...ofOptimizers].sort()).toEqual([...reference.kernels!].sort());
});

test('the case tables run every kernel of the wasm device, accelerated ones included', () => {
  expect([...picked, ...ofOptimizers].sort()).toEqual([...wasm.kernels!].sort());
});
