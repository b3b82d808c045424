// docs/benchmarks.md, from what a run of the benchmark wrote.

import { bestCalibrationOf, calibrationWhileBusy, judge, usualCalibrationOf } from './judge.js';
import { limits } from './limits.js';
import * as tables from './tables.js';
import { usualCalibration, usualPeak } from './targets.js';

export function pageOf(report) {
  const { rows, implementations, bandwidth } = report;
  const judged = judge(report);
  const missed = judged.filter(({ share, shareByPeak }) => share < 1 || shareByPeak < 1);
  const busy = calibrationWhileBusy(report);
  const reasons = missed.map(({ key, text }) => `- ${text}: ${limits[key] ?? 'not known yet.'}`).join('\n');
  const explained =
    busy === undefined
      ? `What limits those that are missed:\n\n${reasons}`
      : 'What is missed here says little, because the machine was busy.';
  const problems = rows.filter(({ problem }) => problem !== undefined);
  const differences = tables.peersOf(report).map((peer) => {
    const found = rows.filter(({ implementation, difference }) => implementation === peer && difference >= 0);
    return `${peer} ${Math.max(0, ...found.map(({ difference }) => difference)).toExponential(1)}`;
  });
  const size = (bytes) => (bytes >= 2 ** 20 ? `${bytes / 2 ** 20} MiB` : `${bytes / 2 ** 10} KiB`);
  const copies = bandwidth.map(
    ({ bytes, gigabytesPerSecond }) => `${gigabytesPerSecond.toFixed(0)} (${size(bytes)})`,
  );

  return `# Benchmarks

Measured on ${report.date.slice(0, 10)}: ${report.machine}, Node ${report.node}, ${implementations[0].threads} threads. This page is
generated from [results.json](../bench/results.json), which one run of \`npm run bench -- --publish\` wrote.
${busy === undefined ? '' : `\n**The machine was busy with other work**: the calibration product ran at ${busy.toFixed(0)} GFLOP/s (median), and at\n${report.calibration.toFixed(0)} in the beginning. These figures are no measure of what the kernels can do.\n`}
${tables.versions(report)}

PyTorch is not among the peers: it is no npm package, and was not installed on this machine.

![Convolutions forward: the speed of tenfold and of each peer, case by case.](drawings/benchmarks.svg)

Convolutions forward; a vertical line is tenfold's roofline.

## How to read it

- Times are medians. The spread is the distance from the 10th to the 90th percentile, relative to the median.
- Speeds count a convolution as the direct one (a multiply-accumulate is two operations), even where Winograd's method
  takes fewer. What memory bounds is given in GB/s, too, every operand read or written once.
- The roofline is the larger of two times: what the arithmetic takes at the machine's peak of 128-bit multiplications and
  additions (not fused), Winograd's by the products that it takes, borders included; and what the bytes take at the
  bandwidth of a copy of as many bytes. Where the second is larger, memory is the bound. Above 100 % the copy or the
  calibration met more of other work than the operator.
- The peak was ${report.peak} GFLOP/s; the calibration product, 2048x256 by 256x256, ran at ${bestCalibrationOf(report).toFixed(0)} GFLOP/s at best; over all
  rows its median was ${usualCalibrationOf(report).toFixed(0)}. A turn of its inner loop is 16 multiplications and additions, four cycles at
  the peak; with six loads, and what V8 adds, it is 26 instructions, which take this processor almost five cycles to fetch.
  What else the product lacks, other work on the host took, so scaled speeds are estimates, and rows with a wide spread are
  poor ones. Each figure was measured right after a calibration, which its roofline follows; each memory-bound one after a
  copy, too. Copies read and wrote, in GB/s: ${copies.join(', ')}.
- Forward passes keep what they have prepared of the weights; "forward + backward" prepares it anew, as training has to.
- A peer's column is its time over ours: above 1 we are faster. The implementations take turns, window by window, on the
  same numbers. Their results are compared first; the largest differences, relative to the largest result, were
  ${differences.join(', ') || 'none'}.
- onnxruntime runs models of a single operator: weights are constants, images have their channels first, results go to
  arrays that are there already (the web's copies its operands in and its results out). Its threads do not spin between
  runs. It computes no gradients. tfjs starts no threads in Node, and its WebAssembly backend cannot train a convolution.
  jax-js starts none either; to keep the run short it meets named cases only, forward and backward up to 3 billion operations.

## Targets

Floors for two threads, from a study of what such kernels reach where the calibration product runs at 104 to 116 GFLOP/s;
speeds are scaled to a calibration of ${usualCalibration}. The product is tenfold's own, and the study's was nearer to its peak, so
that they are scaled by the machines' peaks, too (${usualPeak} there), which is stricter. The lowest of the rows that a target
concerns counts.

${tables.targets(judged)}

${missed.length === 0 ? 'All that were measured are met.' : explained}

## Peers

The geometric mean of a peer's time over ours, and of how many cases.

${tables.means(report)}
${problems.length === 0 ? '' : `\nNot measured:\n\n${problems.map((row) => `- ${row.implementation}, ${row.case}, ${row.direction}: ${row.problem}`).join('\n')}\n`}
## Convolutions and products

${tables.directions(report, 'convolutions')}

## Other operators

${tables.directions(report, 'other operators')}

## Networks

The most expensive application of each kind in each published network, in batches of as many images as have a quarter of a
million pixels together; those of nearly the same size in several networks are measured once, and then the table has the
number of those networks. Time, and percent of the roofline.

${tables.networks(report)}

## Training steps

From host arrays to new parameters, SGD with momentum.

${tables.training(report)}
`;
}
