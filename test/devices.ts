/** The devices under test. Every test file that imports this starts its own threads. */

import { type Device, meta, onDevice, start } from 'tenfold';
import { reference } from 'tenfold/reference';

export const wasm = await start({ threads: 2 });

/** Those that compute; `meta` knows shapes only. */
export const devices: readonly Device[] = [reference, wasm];

export { meta, onDevice, reference };
