// docs/benchmarks.md, from what a run of the benchmark wrote.

import { geometricMean, judge, ourRows, ratios } from './judge.js';
import { limits } from './limits.js';
import { usualCalibration } from './targets.js';

const table = (header, rows) =>
  [header, header.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');

const number = (value, digits) => (value === undefined ? '' : value.toFixed(digits));
const times = (value) => (value === undefined ? '' : value >= 10 ? value.toFixed(0) : value.toFixed(2));
const milliseconds = (value) => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));
const percent = (value) => (value === undefined ? '' : `${value.toFixed(0)} %`);
const speed = ({ bound, gflops, gigabytesPerSecond }) =>
  bound === 'memory' || gflops === undefined
    ? `${number(gigabytesPerSecond, 1)} GB/s`
    : `${number(gflops, 1)} GFLOP/s`;

/** What this page says of a report, and of what limits the targets that it misses. */
export function pageOf(report) {
  const { rows, implementations } = report;
  const peers = implementations.slice(1).map(({ name }) => name);
  const ratioOf = new Map(
    peers.map((peer) => [peer, new Map(ratios(report, peer).map(({ row, ratio }) => [row, ratio]))]),
  );
  const own = ourRows(report);
  const inGroup = (group) => own.filter((row) => row.group === group);
  const beside = (row) => peers.map((peer) => times(ratioOf.get(peer).get(row)));

  const versions = table(
    ['', 'version', 'threads', 'instructions'],
    implementations.map(({ name, version, threads, instructions }) => [name, version, threads, instructions]),
  );

  const judged = judge(report);
  const verdict = ({ share }) =>
    share === undefined ? 'not measured' : share >= 1 ? 'met' : `missed by ${Math.ceil(100 * (1 - share))} %`;
  const targetTable = table(
    ['target', 'at least', 'measured', 'lowest of them', ''],
    judged.map((each) => [each.text, each.asked, each.measured ?? '', each.where ?? '', verdict(each)]),
  );
  const missed = judged.filter(({ share }) => share < 1);
  const reasons = missed.map(
    ({ key, text }) => `- ${text}: ${limits[key] ?? 'what limits it is not known yet.'}`,
  );

  const groups = [...new Set(own.map(({ group }) => group))];
  const means = table(
    ['cases, forward', ...peers],
    [...groups.filter((group) => group !== 'training steps'), 'all'].map((group) => [
      group,
      ...peers.map((peer) => {
        const found = ratios(report, peer).filter(
          ({ row }) => row.direction === 'forward' && (group === 'all' || row.group === group),
        );
        return found.length === 0
          ? ''
          : `${times(geometricMean(found.map(({ ratio }) => ratio)))} of ${found.length}`;
      }),
    ]),
  );

  const everyDirection = (group) =>
    table(
      ['case', 'direction', 'ms', 'spread', 'speed', 'of the roofline', ...peers],
      inGroup(group).map((row) => [
        row.case,
        row.direction,
        milliseconds(row.milliseconds),
        percent(100 * row.spread),
        speed(row),
        percent(row.percentOfRoofline),
        ...beside(row),
      ]),
    );

  const cell = (row) =>
    row === undefined ? '' : `${milliseconds(row.milliseconds)} ms, ${percent(row.percentOfRoofline)}`;
  const networkRows = groupByCase(inGroup('networks'));
  const networks = table(
    ['case', 'networks', 'forward', 'input gradient, or all', 'weight gradient', ...peers],
    Array.from(networkRows, ([name, directions]) => {
      const find = (...wanted) => directions.find(({ direction }) => wanted.includes(direction));
      const forward = find('forward');
      return [
        name,
        directions[0].networks.length === 1 ? directions[0].networks[0] : directions[0].networks.length,
        cell(forward),
        cell(find('input gradient', 'backward')),
        cell(find('weight gradient')),
        ...(forward === undefined ? peers.map(() => '') : beside(forward)),
      ];
    }),
  );
  const training = table(
    ['step', 'ms', 'spread', 'speed'],
    inGroup('training steps').map((row) => [
      row.case,
      milliseconds(row.milliseconds),
      percent(100 * row.spread),
      speed(row),
    ]),
  );
  const problems = rows.filter(({ problem }) => problem !== undefined);
  const differences = peers.map((peer) => {
    const found = rows.filter(({ implementation, difference }) => implementation === peer && difference >= 0);
    return `${peer} ${Math.max(0, ...found.map(({ difference }) => difference)).toExponential(1)}`;
  });

  return `# Benchmarks

Measured on ${report.date.slice(0, 10)}: ${report.machine}, Node ${report.node}, ${own[0].threads} threads. Everything on this page
is generated from [results.json](../bench/results.json), which one run of \`npm run bench -- --publish\` wrote.

${versions}

PyTorch is not among the peers: it is no npm package, and was not installed on this machine.

![Convolutions forward: the speed of tenfold and of each peer, case by case.](drawings/benchmarks.svg)

Convolutions forward; a vertical line is tenfold's roofline.

## How to read it

- Times are medians. The spread is the distance from the 10th to the 90th percentile, relative to the median.
- Speeds count a convolution as the direct one (a multiply-accumulate is two operations), even where Winograd's method
  takes fewer. Operators without products are given in GB/s, every operand read or written once.
- The roofline is the larger of two times: what the arithmetic takes at the machine's peak of 128-bit multiplications and
  additions without fused ones, Winograd's against the products that it takes, borders included; and what the bytes take at
  the bandwidth of a copy (\`memory.copy\`) of as many bytes. A row whose bytes take longer is memory-bound. Small arrays that stay in a cache from
  run to run, and gradients that reuse what they have read, can pass 100 %.
- The peak was ${report.peak} GFLOP/s while the calibration product, 2048x256 by 256x256, ran at ${report.calibration} GFLOP/s. Each figure was measured
  right after a calibration, and the roofline follows it; bandwidth was measured beside each memory-bound row. A copy of
  ${report.bandwidth.map(({ bytes, gigabytesPerSecond }) => `${bytes >= 2 ** 20 ? bytes / 2 ** 20 : (bytes / 2 ** 20).toFixed(2)} MiB read and written ran at ${gigabytesPerSecond.toFixed(0)}`).join(', of ')} GB/s.
- Forward passes of convolutions keep what they prepare of the weights; "forward + backward" prepares it anew, as a
  training step has to.
- A peer's column is its time over ours: above 1 we are faster. The implementations take turns, window by window, on the same numbers, and
  their results are compared first: the largest differences, relative to the largest result, were ${differences.join(', ') || 'none'}.
- onnxruntime runs models of a single operator, weights as constants, images with channels first, results to arrays that
  are there already (the web's copies its operands in and its results out); its threads do not spin between runs. It computes
  no gradients. tfjs starts no threads in Node, and its WebAssembly
  backend cannot train a convolution. jax-js starts none either; it meets named cases of up to 2 billion operations.

## Targets

Floors for two threads, from a study of what such kernels reach where the calibration product runs at 104 to 116 GFLOP/s;
speeds are scaled to a calibration of ${usualCalibration}. The lowest of the rows that a target concerns counts.

${targetTable}

${missed.length === 0 ? 'All that were measured are met.' : `What limits those that are missed:\n\n${reasons.join('\n')}`}

## Peers

The geometric mean of a peer's time over ours, and of how many cases.

${means}
${problems.length === 0 ? '' : `\nNot measured: ${problems.map((row) => `${row.implementation}, ${row.case}, ${row.direction} (${row.problem})`).join('; ')}.\n`}
## Convolutions and products

${everyDirection('convolutions')}

## Other operators

${everyDirection('other operators')}

## Networks

The most expensive application of each kind in each published network, in batches of as many images as have a quarter of a
million pixels together; those of nearly the same size in several networks are measured once. Time, and percent of the
roofline.

${networks}

## Training steps

From host arrays to new parameters, SGD with momentum.

${training}
`;
}

function groupByCase(rows) {
  const groups = new Map();
  for (const row of rows) groups.set(row.case, [...(groups.get(row.case) ?? []), row]);
  return groups;
}
