// npm run bench -- [--only REGEX] [--json FILE] [--threads N] [--quick]
// Each case in GFLOP/s (one multiply-accumulate is two), median over windows, beside a calibration product.

import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { cost, models, start } from '../packages/tenfold/dist/index.js';
import { convolutionCases } from './convolutions.js';
import { deformableCases } from './deformable.js';
import { elementwiseCases } from './elementwise.js';
import { calibrationOf, machine, measure } from './measure.js';
import { trainingCases } from './training.js';

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    json: { type: 'string' },
    threads: { type: 'string' },
    quick: { type: 'boolean', default: false },
  },
});

const device = await start(options.threads === undefined ? {} : { threads: Number(options.threads) });
const calibrate = calibrationOf(device);
for (let i = 0; i < 20; i++) calibrate();
const settings = options.quick ? { windows: 3, milliseconds: 60 } : { windows: 9, milliseconds: 200 };
const wanted = new RegExp(options.only);

console.log(`${machine()}, Node ${process.version}, ${device.description}\n`);
console.log(
  `${'case'.padEnd(34)}${'direction'.padEnd(20)}${'ms'.padStart(9)}${'spread'.padStart(8)}${'GFLOP/s'.padStart(9)}${'calibration'.padStart(13)}`,
);

const rows = [];
for (const { name, direction, flop, prepare } of [
  ...convolutionCases(device),
  ...deformableCases(device),
  ...elementwiseCases(device),
  ...trainingCases({ models, cost }),
]) {
  if (!wanted.test(`${name} ${direction}`)) continue;
  const { body, release } = prepare();
  const { milliseconds, spread, calibration } = await measure(body, { calibrate, ...settings });
  release();
  const gflops = flop / milliseconds / 1e6;
  rows.push({
    case: name,
    direction,
    implementation: 'tenfold wasm',
    threads: device.pool.threads,
    milliseconds,
    spread,
    gflops,
    calibration,
  });
  console.log(
    `${name.padEnd(34)}${direction.padEnd(20)}${milliseconds.toFixed(3).padStart(9)}${`${(100 * spread).toFixed(0)} %`.padStart(8)}${gflops.toFixed(1).padStart(9)}${calibration.toFixed(1).padStart(13)}`,
  );
}
if (options.json !== undefined) {
  const report = {
    machine: machine(),
    node: process.version,
    date: new Date().toISOString(),
    calibration: calibrate(),
    rows,
  };
  writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`);
}
await device.stop();
