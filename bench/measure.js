// Timing on a machine that other work may disturb: medians over windows of repetitions, each window right after a
// calibration product of fixed size, so that a figure can be read relative to the machine's state at that moment.

import { cpus } from 'node:os';
import { empty } from '../packages/tenfold/dist/device/device.js';
import { uniform } from '../packages/tenfold/dist/index.js';
import { conv2dRecord } from '../packages/tenfold/dist/ops/conv2d.js';

/** A device operand filled with reproducible numbers between -1 and 1. */
export function operand(device, shape) {
  const made = empty(device, { shape, dtype: 'float32' });
  device.write(made.storage.handle, uniform(made.storage.length, -1, 1, { seed: 1, purpose: 'bench' }));
  return made;
}

/** 2048x256 by 256x256, three times, about 8 ms: the machine's speed on a plain product, in GFLOP/s. */
export function calibrationOf(device) {
  const record = conv2dRecord([1, 1, 2048, 256], [256, 256, 1, 1], undefined, {});
  const [x, weight, y] = [
    [1, 1, 2048, 256],
    [256, 256, 1, 1],
    [1, 1, 2048, 256],
  ].map((shape) => operand(device, shape));
  const repetitions = 3;
  return () => {
    const started = performance.now();
    for (let i = 0; i < repetitions; i++) device.run('conv2d', record, { x, weight, y });
    return (repetitions * 2 * 2048 * 256 * 256) / (performance.now() - started) / 1e6;
  };
}

export const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

/**
 * Runs `body` in windows of about `milliseconds`, each after a calibration.
 *
 * @returns the median time of one call and the spread (90th minus 10th percentile over the median) over all windows.
 */
export async function measure(body, { calibrate, windows, milliseconds }) {
  for (let warm = performance.now(); performance.now() - warm < milliseconds; ) await body();
  const times = [];
  const calibrations = [];
  for (let window = 0; window < windows; window++) {
    calibrations.push(calibrate());
    for (let begun = performance.now(); performance.now() - begun < milliseconds; ) {
      const started = performance.now();
      await body();
      times.push(performance.now() - started);
    }
  }
  times.sort((a, b) => a - b);
  const at = (share) => times[Math.min(times.length - 1, Math.floor(share * times.length))];
  return {
    milliseconds: at(0.5),
    spread: (at(0.9) - at(0.1)) / at(0.5),
    calibration: median(calibrations),
  };
}

export function machine() {
  const [{ model }] = cpus();
  return `${model.trim()}, ${cpus().length} cores`;
}
