// One row: a direction of a case, by every implementation that can compute it, in turns.

import { largestDifference, tolerance } from './difference.js';
import { measure } from './measure.js';

/** Whoever takes longer for a single repetition is not measured. */
const longestRun = 10_000;

/** jax-js takes seconds where others take milliseconds. To end in time, it meets only some of the cases that have names. */
function tooSlow({ name }, { group }, { direction, flop }) {
  const most = direction === 'forward' ? 1e10 : 3e9;
  return name === 'jax-js' && (group === 'networks' || flop > most);
}

const round = (value) => (value === undefined ? undefined : Number(value.toPrecision(4)));

/**
 * @param ours tenfold on all threads, with its roofline. @param alone On one thread, if that is wanted.
 * @param peers Everybody else. @param settings How long each group of cases is measured.
 * @returns a function that measures one direction of a case: our row first.
 */
export function rowMeasurer({ ours, alone, peers, settings }) {
  /** Whatever computes this direction, after its first run, its results compared with ours. */
  async function prepareAll(it, direction) {
    if (it.prepare !== undefined) return [await afterFirstRun({ implementation: ours, ...it.prepare() })];
    const isForward = direction.direction === 'forward';
    const own = await afterFirstRun({ implementation: ours, ...ours.prepare(it, direction) });
    const prepared = [own];
    if (alone !== undefined && it.group === 'convolutions' && isForward) {
      prepared.push(await afterFirstRun({ implementation: alone, ...alone.prepare(it, direction) }));
    }
    const expected = isForward && peers.length > 0 ? own.output() : undefined;
    for (const peer of peers) {
      if (tooSlow(peer, it, direction)) continue;
      try {
        const body = await peer.prepare(it, direction);
        if (body === undefined) continue;
        const started = performance.now();
        prepared.push(await afterFirstRun({ implementation: peer, ...body }, expected));
        if (performance.now() - started > longestRun) {
          prepared.at(-1).problem = `more than ${longestRun / 1000} s a repetition`;
        }
      } catch (error) {
        prepared.push({ implementation: peer, problem: error.message });
      }
    }
    return prepared;
  }

  function rowOf(it, direction, { implementation, difference, problem }, timing) {
    const base = {
      case: it.name,
      group: it.group,
      networks: implementation === ours ? it.networks : undefined,
      direction: direction.direction,
      implementation: implementation.name,
      threads: implementation.threads,
      difference: round(difference),
    };
    if (timing === undefined) return { ...base, problem };
    const { flop, bytes } = direction;
    const { milliseconds, spread, calibration, bandwidth } = timing;
    const measured = {
      ...base,
      milliseconds: round(milliseconds),
      spread: round(spread),
      gflops: flop > 0 ? round(flop / milliseconds / 1e6) : undefined,
      gigabytesPerSecond: bytes > 0 ? round(bytes / milliseconds / 1e6) : undefined,
      calibration: round(calibration),
      bandwidth: round(bandwidth),
    };
    const { roofline } = implementation;
    if (roofline === undefined || bytes === undefined) return measured;
    return {
      ...measured,
      bound: roofline.isMemoryBound(direction) ? 'memory' : 'arithmetic',
      // Asked again when the run is over, and the machine's best is known.
      get percentOfRoofline() {
        return round((100 * roofline.leastMilliseconds(direction, timing)) / milliseconds);
      },
    };
  }

  return async (it, direction) => {
    const prepared = await prepareAll(it, direction);
    const able = prepared.filter(({ problem }) => problem === undefined);
    const bodies = able.map(({ run, implementation }) => ({
      run,
      calibrate: () => (implementation.roofline ?? ours.roofline).state(direction),
    }));
    const timings = await measure(bodies, settings[it.group]);
    for (const { release } of prepared) await release?.();
    return prepared.map((body) => rowOf(it, direction, body, timings[able.indexOf(body)]));
  };
}

/** The first run compiles, wakes and touches memory. Results that are wrong are the body's `problem`. */
async function afterFirstRun(body, expected) {
  if (expected === undefined) {
    await body.run();
    return body;
  }
  const difference = largestDifference(expected, await body.output());
  if (difference <= tolerance) return { ...body, difference };
  const problem = `its result differs from ours by ${difference.toExponential(1)} of the largest; ${tolerance} is allowed`;
  return { ...body, difference, problem };
}
