/** Which kernels a wasm device really runs: seen where its threads are told to. */

import type { WasmDevice } from '../packages/tenfold/dist/device/wasm/device.js';
import { layouts } from '../packages/tenfold/dist/device/wasm/kernels.generated.js';

const names = Object.keys(layouts);

export interface PhaseRun {
  readonly kernel: string;
  readonly phase: number;
}

/** Every phase of every kernel that `device` runs during `body`, in order. */
export function phasesRun(device: WasmDevice, body: () => void): readonly PhaseRun[] {
  const { pool } = device;
  const { run } = pool;
  const phases: PhaseRun[] = [];
  pool.run = (kernel, descriptor, phase, ...rest) => {
    phases.push({ kernel: names[kernel]!, phase });
    run.call(pool, kernel, descriptor, phase, ...rest);
  };
  try {
    body();
  } finally {
    pool.run = run;
  }
  return phases;
}
