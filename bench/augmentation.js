// node bench/augmentation.js: how many images per second one core augments and normalises, for two image sizes.

import { batchMaker } from '../packages/cli/dist/data/loader/batch.js';
import { machine } from './machine.js';
import { median } from './measure.js';

const specs = ['none', 'crop:4,flip', 'affine:10', 'elastic:34:4', 'erase:1', 'mnist', 'cifar'];
const batchSize = 64;
const windows = 9;

/** The time that this process computed, so that other work on the machine hardly counts. */
const cpuMilliseconds = () => process.cpuUsage().user / 1000;

function imagesPerSecond(side, channels, augmentation) {
  const count = 1024;
  const images = Uint8Array.from(
    { length: count * side * side * channels },
    (_, at) => (at * 2654435761) >>> 24,
  );
  const normalisation = { mean: Array(channels).fill(0.5), std: Array(channels).fill(0.25) };
  const set = { images, labels: new Int32Array(count), count, height: side, width: side, channels };
  const make = batchMaker({ set, normalisation, augmentation, seed: 1 });
  const speeds = [];
  for (let window = 0, epoch = 0; window < windows; window++) {
    const started = cpuMilliseconds();
    let batches = 0;
    for (; cpuMilliseconds() - started < 200; batches++) {
      make(
        Int32Array.from({ length: batchSize }, (_, slot) => (batches * batchSize + slot) % count),
        epoch++,
      );
    }
    speeds.push((1000 * batches * batchSize) / (cpuMilliseconds() - started));
  }
  return median(speeds);
}

console.log(`${machine()}, Node ${process.version}, images per second on one core\n`);
console.log(`${'augmentation'.padEnd(20)}${'28 x 28 x 1'.padStart(14)}${'32 x 32 x 3'.padStart(14)}`);
for (const spec of specs) {
  const speeds = [imagesPerSecond(28, 1, spec), imagesPerSecond(32, 3, spec)];
  console.log(
    spec.padEnd(20) + speeds.map((speed) => Math.round(speed).toLocaleString('en-US').padStart(14)).join(''),
  );
}
