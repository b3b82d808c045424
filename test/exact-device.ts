/** The wasm device without Winograd's method, beside the default one. */

import { createDevice } from '../packages/tenfold/dist/device/wasm/start.js';

export const exactWasm = await createDevice({ threads: 2, exact: true });
