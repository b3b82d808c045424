// npm run bench -- [--only REGEX] [--quick] [--threads N] [--peers none|NAME,NAME] [--json FILE] [--svg FILE] [--publish]
//
// Every case, forward and backward: what it takes, how near that is to what the machine can do, and, for each peer that is
// installed, how many times as long it takes. --quick measures named cases, briefly, and without peers unless they are
// named; --publish writes docs/benchmarks.md, its drawing and the JSON behind them.

import { renameSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { createDevice } from '../packages/tenfold/dist/device/wasm/start.js';
import { start, stop } from '../packages/tenfold/dist/index.js';
import { directionsOf } from './cases/case.js';
import { networkCases, operatorCases, trainingSteps } from './cases/index.js';
import { howToInstall, startPeers } from './implementations/peers.js';
import { calibrationOf, tenfold } from './implementations/tenfold.js';
import { machine } from './machine.js';
import { drawing } from './page/drawing.js';
import { publish } from './page/publish.js';
import { startRoofline } from './roofline.js';
import { rowMeasurer } from './rows.js';
import { introduction, line } from './terminal.js';

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
const isWhole =
  options.only === '' && !options.quick && options.threads === undefined && options.peers === undefined;
if (options.publish && !isWhole)
  throw new Error('--publish publishes a whole run, so it allows no option that cuts it');

const briefly = { windows: 3, milliseconds: 15, longest: 100 };
const settings = options.quick
  ? { convolutions: briefly, 'other operators': briefly, 'training steps': briefly }
  : {
      convolutions: { windows: 5, milliseconds: 50, longest: 1000 },
      'other operators': { windows: 5, milliseconds: 30, longest: 500 },
      networks: { windows: 3, milliseconds: 20, longest: 300 },
      'training steps': { windows: 9, milliseconds: 200 },
    };
/** --quick ends before 50 seconds have passed, however slow the machine. Counted since the process began. */
const deadline = options.quick ? 42_000 : Number.POSITIVE_INFINITY;

const device = await start(options.threads === undefined ? {} : { threads: Number(options.threads) });
const { threads } = device.pool;
const withRoofline = async (on) => ({
  ...tenfold(on),
  roofline: await startRoofline(on.pool.threads, calibrationOf(on)),
});
const ours = await withRoofline(device);
const alone =
  threads > 1 && !options.quick ? await withRoofline(await createDevice({ threads: 1 })) : undefined;
const withoutPeers = options.peers === 'none' || (options.quick && options.peers === undefined);
const peers = withoutPeers ? [] : await startPeers({ threads, names: options.peers?.split(',') });
if (peers.length === 0 && !withoutPeers) {
  if (options.publish) throw new Error(`--publish needs the peers: ${howToInstall}`);
  console.log(`without peers; they come with ${howToInstall}`);
}

const report = {
  machine: machine(),
  node: process.version,
  date: new Date().toISOString(),
  ...ours.roofline.figures,
  implementations: [ours, ...peers].map(({ name, version, threads, instructions }) => ({
    name,
    version,
    threads,
    instructions,
  })),
  rows: [],
};
console.log(introduction(report));

const wanted = new RegExp(options.only);
const cases = [...operatorCases, ...(options.quick ? [] : networkCases())];
const work = [
  ...cases.flatMap((it) =>
    directionsOf(it)
      .filter(({ parts }) => it.group !== 'networks' || parts === undefined)
      .map((direction) => ({ it, direction })),
  ),
  ...trainingSteps.map((it) => ({ it, direction: { direction: 'training step', flop: it.flop } })),
].filter(({ it, direction }) => wanted.test(`${it.name} ${direction.direction}`));

let interrupted = false;
process.once('SIGINT', () => {
  interrupted = true;
  console.log('\nends after this row; press Ctrl-C again to stop at once');
});

const measureRow = rowMeasurer({ ours, alone, peers, settings });
for (const [index, { it, direction }] of work.entries()) {
  if (interrupted || performance.now() > deadline) {
    console.log(`\n${work.length - index} of ${work.length} were not measured`);
    break;
  }
  let rows;
  try {
    rows = await measureRow(it, direction);
  } catch (error) {
    const { name, group, networks } = it;
    const failed = {
      case: name,
      group,
      networks,
      direction: direction.direction,
      implementation: ours.name,
      threads,
    };
    rows = [{ ...failed, problem: error.message }];
    process.exitCode = 1;
  }
  report.rows.push(...rows);
  console.log(line(`${index + 1}/${work.length}`, rows));
}
console.log(`\n${(performance.now() / 1000).toFixed(0)} s`);

function write(file, text) {
  writeFileSync(`${file}.part`, text);
  renameSync(`${file}.part`, file);
}
if (options.json !== undefined) write(options.json, `${JSON.stringify(report, null, 2)}\n`);
if (options.svg !== undefined) write(options.svg, await drawing(report));
if (options.publish && interrupted) console.log('not published: this run is incomplete');
else if (options.publish) await publish(report);

await Promise.all([ours, alone].map((implementation) => implementation?.roofline.stop()));
await stop();
// Threads of peers would keep the process alive.
process.exit();
