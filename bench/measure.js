// Timing on a machine that other work may disturb: windows of repetitions that alternate between implementations, each
// right after a calibration, so that a figure can be read relative to the machine's state at that moment; medians.

import { setTimeout as sleep } from 'node:timers/promises';

export const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

/**
 * @param bodies What is timed, `{ run, calibrate }` each; a run may be asynchronous. `calibrate` measures the machine; its
 *   numbers come back as medians under the same names.
 * @param windows How many windows each body has, as long as it has not taken `longest` milliseconds; one at least.
 * @param milliseconds How long a window lasts; one run at least.
 * @returns for each body the median time of a run in milliseconds, the spread (90th minus 10th percentile over the
 *   median) and its calibration.
 */
export async function measure(bodies, { windows, milliseconds, longest = Number.POSITIVE_INFINITY }) {
  const measured = bodies.map(() => ({ times: [], calibrations: [], spent: 0 }));
  for (let window = 0; window < windows; window++) {
    for (const [index, { run, calibrate }] of bodies.entries()) {
      const { times, calibrations, spent } = measured[index];
      if (window > 0 && spent > longest) continue;
      // Threads that spin, ours or others', are asleep after this.
      await sleep(3);
      calibrations.push(await calibrate());
      await sleep(3);
      const begun = performance.now();
      for (let first = true; first || performance.now() - begun < milliseconds; ) {
        const started = performance.now();
        await run();
        // Caches are cold and threads asleep in the first run of several.
        if (!first || performance.now() - begun > milliseconds / 2) times.push(performance.now() - started);
        first = false;
      }
      measured[index].spent += performance.now() - begun;
    }
  }
  return measured.map(({ times, calibrations }) => {
    times.sort((a, b) => a - b);
    const at = (share) => times[Math.min(times.length - 1, Math.floor(share * times.length))];
    const names = Object.keys(calibrations[0]);
    return {
      milliseconds: at(0.5),
      spread: (at(0.9) - at(0.1)) / at(0.5),
      ...Object.fromEntries(names.map((name) => [name, median(calibrations.map((each) => each[name]))])),
    };
  });
}
