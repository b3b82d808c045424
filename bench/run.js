// npm run bench -- [--only REGEX] [--quick] [--threads N] [--peers none|NAME,NAME] [--json FILE] [--svg FILE] [--publish]
//
// Every case, forward and backward: what it takes, how near that is to what the machine can do, and, for each peer that is
// installed, how many times as long it takes. --publish writes docs/benchmarks.md, its drawing and the JSON behind them.

import { renameSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { createDevice } from '../packages/tenfold/dist/device/wasm/start.js';
import { start, stop } from '../packages/tenfold/dist/index.js';
import { directionsOf } from './cases/case.js';
import { networkCases, operatorCases, trainingSteps } from './cases/index.js';
import { largestDifference, tolerance } from './difference.js';
import { howToInstall, startPeers } from './implementations/peers.js';
import { calibrationOf, tenfold } from './implementations/tenfold.js';
import { machine } from './machine.js';
import { measure } from './measure.js';
import { drawing } from './page/drawing.js';
import { publish } from './page/publish.js';
import { startRoofline } from './roofline.js';

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    quick: { type: 'boolean', default: false },
    threads: { type: 'string' },
    peers: { type: 'string' },
    json: { type: 'string' },
    svg: { type: 'string' },
    publish: { type: 'boolean', default: false },
  },
});
const begun = performance.now();
const quick = { windows: 3, milliseconds: 15, longest: 100 };
const settings = options.quick
  ? { convolutions: quick, 'other operators': quick, 'training steps': quick }
  : {
      convolutions: { windows: 5, milliseconds: 50, longest: 1000 },
      'other operators': { windows: 5, milliseconds: 30, longest: 500 },
      networks: { windows: 3, milliseconds: 20, longest: 300 },
      'training steps': { windows: 9, milliseconds: 200 },
    };
/** --quick ends before 50 seconds have passed, come what may. */
const deadline = options.quick ? 42_000 : Number.POSITIVE_INFINITY;
/** jax-js computes a case if that takes less than ten seconds. */
const longestRun = 10_000;

const device = await start(options.threads === undefined ? {} : { threads: Number(options.threads) });
const { threads } = device.pool;
const ours = { ...tenfold(device), roofline: await startRoofline(threads, calibrationOf(device)) };
const alone = threads > 1 && !options.quick ? await singleThread() : undefined;
const peers =
  options.peers === 'none' || (options.quick && options.peers === undefined)
    ? []
    : await startPeers({ threads, names: options.peers?.split(',') });

async function singleThread() {
  const single = await createDevice({ threads: 1 });
  return { ...tenfold(single), roofline: await startRoofline(1, calibrationOf(single)) };
}

const round = (value) => (value === undefined ? undefined : Number(value.toPrecision(4)));
const report = {
  machine: machine(),
  node: process.version,
  date: new Date().toISOString(),
  calibration: round(ours.roofline.calibration),
  peak: round(ours.roofline.peak),
  bandwidth: ours.roofline.bandwidths.map(({ bytes, gigabytesPerSecond }) => ({
    bytes,
    gigabytesPerSecond: round(gigabytesPerSecond),
  })),
  implementations: [ours, ...peers].map(({ name, version, threads: used, instructions }) => ({
    name,
    version,
    threads: used,
    instructions,
  })),
  rows: [],
};

console.log(
  `${report.machine}, Node ${report.node}, ${device.description}; calibration ${report.calibration} GFLOP/s, peak ${report.peak} GFLOP/s, copy ${report.bandwidth.map((each) => `${each.bytes / 2 ** 20} MiB ${each.gigabytesPerSecond}`).join(', ')} GB/s`,
);
for (const { name, version, threads: used, instructions } of report.implementations) {
  console.log(`  ${name} ${version}: ${used} ${used === 1 ? 'thread' : 'threads'}, ${instructions}`);
}
if (peers.length === 0 && !options.quick && options.peers !== 'none') {
  console.log(`  no peers: they come with ${howToInstall}`);
}
const columns = (cells) =>
  cells.map(([text, width]) => (width < 0 ? text.padEnd(-width) : text.padStart(width))).join('');
console.log(
  `\n${columns([
    ['', 10],
    ['case', -58],
    ['direction', -20],
    ['ms', 10],
    ['spread', 8],
    ['GFLOP/s', 9],
    ['GB/s', 7],
    ['roofline', 10],
    ['calibration', 13],
  ])}  a peer's time over ours`,
);

/** Whatever computes this direction of this case, after its first run, its results compared with ours. */
async function prepareAll(it, direction) {
  if (it.prepare !== undefined) return [await afterFirstRun({ implementation: ours, ...it.prepare() })];
  const isForward = direction.direction === 'forward';
  const own = await afterFirstRun({ implementation: ours, ...ours.prepare(it, direction) });
  const expected = isForward && peers.length > 0 ? own.output() : undefined;
  const prepared = [own];
  if (alone !== undefined && it.group === 'convolutions' && isForward) {
    prepared.push(await afterFirstRun({ implementation: alone, ...alone.prepare(it, direction) }));
  }
  for (const peer of peers) {
    if (tooSlow(peer, it, direction)) continue;
    try {
      const body = await peer.prepare(it, direction);
      if (body !== undefined) prepared.push(await afterFirstRun({ implementation: peer, ...body }, expected));
    } catch (error) {
      prepared.push({ implementation: peer, problem: error.message });
    }
  }
  return prepared;
}

/** jax-js takes seconds where others take milliseconds, and so meets only some of the cases that have names. */
const tooSlow = ({ name }, { group }, { flop }) => name === 'jax-js' && (group === 'networks' || flop > 2e9);

/** The first run compiles, wakes and touches memory. What is wrong with it is the body's `problem`. */
async function afterFirstRun(body, expected) {
  const started = performance.now();
  if (expected === undefined) await body.run();
  else {
    const difference = largestDifference(expected, await body.output());
    body.difference = difference;
    if (!(difference <= tolerance)) {
      body.problem = `its result differs from ours by ${difference.toExponential(1)} of the largest; ${tolerance} is allowed`;
    }
  }
  if (performance.now() - started > longestRun)
    body.problem = `more than ${longestRun / 1000} s a repetition`;
  return body;
}

function rowOf(it, direction, { implementation, difference, problem }, timing) {
  const base = {
    case: it.name,
    group: it.group,
    kind: it.kind,
    networks: it.networks,
    direction: direction.direction,
    implementation: implementation.name,
    threads: implementation.threads,
    difference: round(difference),
  };
  if (timing === undefined) return { ...base, problem };
  const { milliseconds, spread, calibration, bandwidth } = timing;
  const { roofline } = implementation;
  const bound =
    roofline && direction.bytes && (ours.roofline.isMemoryBound(direction) ? 'memory' : 'arithmetic');
  return {
    ...base,
    milliseconds: round(milliseconds),
    spread: round(spread),
    gflops: direction.flop > 0 ? round(direction.flop / milliseconds / 1e6) : undefined,
    gigabytesPerSecond: direction.bytes > 0 ? round(direction.bytes / milliseconds / 1e6) : undefined,
    bound: bound || undefined,
    percentOfRoofline: bound
      ? round((100 * roofline.leastMilliseconds(direction, timing)) / milliseconds)
      : undefined,
    calibration: round(calibration),
    bandwidth: round(bandwidth),
  };
}

function print(progress, rows) {
  const [row, ...others] = rows;
  const number = (value, digits) => (value === undefined ? '' : value.toFixed(digits));
  const beside = others.map(({ implementation, threads: used, milliseconds, problem }) => {
    const name = implementation === ours.name ? `${used} thread` : implementation;
    return problem === undefined
      ? `${name} ${(milliseconds / row.milliseconds).toFixed(2)}`
      : `${name}: ${problem}`;
  });
  console.log(
    `${columns([
      [`${progress} `, 10],
      [row.case, -58],
      [row.direction, -20],
      [number(row.milliseconds, 3), 10],
      [`${number(100 * row.spread, 0)} %`, 8],
      [number(row.gflops, 1), 9],
      [number(row.gigabytesPerSecond, 1), 7],
      [row.percentOfRoofline === undefined ? '' : `${number(row.percentOfRoofline, 0)} %`, 10],
      [number(row.calibration, 1), 13],
    ])}  ${beside.join('  ')}`,
  );
}

/** One direction of a case, or a training step: our row first. */
async function measureRow(it, direction) {
  const prepared = await prepareAll(it, direction);
  const able = prepared.filter(({ problem }) => problem === undefined);
  const bodies = able.map(({ run, implementation }) => ({
    run,
    calibrate: () => (implementation.roofline ?? ours.roofline).state(direction),
  }));
  const timings = await measure(bodies, settings[it.group]);
  for (const { release } of prepared) await release?.();
  return prepared.map((body) => rowOf(it, direction, body, timings[able.indexOf(body)]));
}

const wanted = new RegExp(options.only);
const cases = [...operatorCases, ...(options.quick ? [] : networkCases())];
const work = [
  ...cases.flatMap((it) =>
    directionsOf(it)
      .filter(({ direction }) => it.group !== 'networks' || direction !== 'forward + backward')
      .map((direction) => ({ it, direction })),
  ),
  ...trainingSteps.map((it) => ({ it, direction: { direction: 'training step', flop: it.flop } })),
].filter(({ it, direction }) => wanted.test(`${it.name} ${direction.direction}`));

let interrupted = false;
process.once('SIGINT', () => {
  interrupted = true;
  console.log('\nends after this row; press Ctrl-C again to stop at once');
});

for (const [index, { it, direction }] of work.entries()) {
  if (interrupted || performance.now() - begun > deadline) {
    console.log(`\n${work.length - index} of ${work.length} were not measured`);
    break;
  }
  const rows = await measureRow(it, direction);
  report.rows.push(...rows);
  print(`${index + 1}/${work.length}`, rows);
}
console.log(`\n${((performance.now() - begun) / 1000).toFixed(0)} s`);

function write(file, text) {
  writeFileSync(`${file}.part`, text);
  renameSync(`${file}.part`, file);
}
if (options.json !== undefined) write(options.json, `${JSON.stringify(report, null, 2)}\n`);
if (options.svg !== undefined) write(options.svg, await drawing(report));
if (options.publish) {
  if (report.rows.length > 0 && !interrupted) await publish(report);
  else console.log('nothing was published, because this run is incomplete');
}

await Promise.all([ours, alone].map((implementation) => implementation?.roofline.stop()));
await stop();
// Threads of peers would keep the process alive.
process.exit();
