// What the machine could do at the moment of a measurement: the peak of multiplications and additions, which rises and
// falls with the calibration product, and the bandwidth of a copy of as many bytes.

import { median } from './measure.js';
import { startProbe } from './probe/index.js';

const sizes = [2 ** 18, 2 ** 20, 2 ** 22, 2 ** 24, 2 ** 26, 2 ** 28];
const round = (value) => Number(value.toPrecision(4));
const repeatedly = async (times, measure) => {
  const values = [];
  for (let i = 0; i < times; i++) values.push(await measure());
  return median(values);
};

/**
 * @param calibrate Runs the calibration product on as many threads; GFLOP/s.
 */
export async function startRoofline(threads, calibrate) {
  const probe = await startProbe(threads);
  for (let i = 0; i < 20; i++) calibrate();
  const bursts = [];
  const peaks = [];
  const calibrations = [];
  for (let i = 0; i < 15; i++) {
    bursts.push(await probe.peak(0.3));
    calibrations.push(calibrate());
    // As long as a calibration, so that other work takes as much from it.
    peaks.push(await probe.peak(8));
  }
  const calibration = Math.max(...calibrations);
  const peak = Math.max(...peaks);
  // The first ones may all have met other work; the best of the whole run is what belongs to the peak.
  let best = calibration;
  const bandwidths = [];
  for (const bytes of sizes) {
    bandwidths.push({ bytes, gigabytesPerSecond: round(await repeatedly(9, () => probe.bandwidth(bytes))) });
  }
  const usualBandwidth = (bytes) =>
    bandwidths.reduce((best, each) =>
      Math.abs(Math.log(each.bytes / bytes)) < Math.abs(Math.log(best.bytes / bytes)) ? each : best,
    ).gigabytesPerSecond;

  /** Milliseconds for the arithmetic and for the bytes of one direction, or for those of its parts. */
  const bounds = (direction, now) => {
    const { arithmetic, bytes } = direction;
    return {
      arithmetic: arithmetic / (peak * ((now?.calibration ?? best) / best)) / 1e6,
      memory: bytes / (now?.bandwidth ?? usualBandwidth(bytes)) / 1e6,
    };
  };
  const isMemoryBound = (direction) => {
    const { arithmetic, memory } = bounds(direction);
    return memory > arithmetic;
  };

  return {
    /** As a report has them. */
    figures: { calibration: round(calibration), peak: round(Math.max(...bursts)), bandwidth: bandwidths },
    isMemoryBound,
    /** The machine's state now, as far as it bounds this direction. */
    async state(direction) {
      const calibration = calibrate();
      best = Math.max(best, calibration);
      if (direction.parts !== undefined || !isMemoryBound(direction)) return { calibration };
      return { calibration, bandwidth: await probe.bandwidth(direction.bytes) };
    },
    /** The least milliseconds that a direction takes in the state `now`, by what is known of the machine so far. */
    leastMilliseconds: (direction, now) =>
      (direction.parts ?? [direction])
        .map((part) => Object.values(bounds(part, now)))
        .reduce((sum, both) => sum + Math.max(...both), 0),
    stop: () => probe.stop(),
  };
}
