// The tables of docs/benchmarks.md.

import { geometricMean, ourRows, ratios } from './judge.js';

const table = (header, rows) =>
  [header, header.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');

const times = (value) => (value === undefined ? '' : value >= 10 ? value.toFixed(0) : value.toFixed(2));
const milliseconds = (value) => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));
const percent = (value) => (value === undefined ? '' : `${value.toFixed(0)} %`);

function speed({ bound, gflops, gigabytesPerSecond }) {
  const arithmetic = gflops === undefined ? [] : [`${gflops.toFixed(1)} GFLOP/s`];
  const moved = bound === 'memory' ? [`${gigabytesPerSecond.toFixed(1)} GB/s`] : [];
  return [...arithmetic, ...moved].join(', ');
}

export const peersOf = ({ implementations }) => implementations.slice(1).map(({ name }) => name);

const inGroup = (report, group) => ourRows(report).filter((row) => row.group === group);

/** For one of our rows what each peer takes, over what we take. */
function besides(report) {
  const byPeer = peersOf(report).map(
    (peer) => new Map(ratios(report, peer).map(({ row, ratio }) => [row, ratio])),
  );
  return (row) => byPeer.map((ratioOf) => times(ratioOf.get(row)));
}

export const versions = ({ implementations }) =>
  table(
    ['', 'version', 'threads', 'instructions'],
    implementations.map(({ name, version, threads, instructions }) => [name, version, threads, instructions]),
  );

export function targets(judged) {
  const lacking = (share) => `${Math.ceil(100 * (1 - share))} %`;
  const verdict = ({ share, shortfall = lacking(share), shareByPeak = 1 }) => {
    if (share === undefined) return 'not measured';
    if (share < 1) return `missed by ${shortfall}`;
    return shareByPeak >= 1 ? 'met' : `met; by the peak missed by ${lacking(shareByPeak)}`;
  };
  return table(
    ['target', 'at least', 'measured', 'lowest of them', ''],
    judged.map((each) => [each.text, each.asked, each.measured ?? '', each.where ?? '', verdict(each)]),
  );
}

/** Geometric means of the peers' time over ours, forward, and of how many cases. */
export function means(report) {
  const groups = [...new Set(ourRows(report).map(({ group }) => group))].filter(
    (group) => group !== 'training steps',
  );
  const mean = (peer, isCounted) => {
    const found = ratios(report, peer).filter(({ row }) => row.direction === 'forward' && isCounted(row));
    if (found.length === 0) return '';
    return `${times(geometricMean(found.map(({ ratio }) => ratio)))} of ${found.length}`;
  };
  const row = (name, isCounted) => [name, ...peersOf(report).map((peer) => mean(peer, isCounted))];
  return table(
    ['cases, forward', ...peersOf(report)],
    [...groups.map((name) => row(name, ({ group }) => group === name)), row('all', () => true)],
  );
}

/** Every direction of every case in a row of its own. */
export function directions(report, group) {
  const beside = besides(report);
  return table(
    ['case', 'direction', 'ms', 'spread', 'speed', 'of the roofline', ...peersOf(report)],
    inGroup(report, group).map((row) => [
      row.case,
      row.direction,
      milliseconds(row.milliseconds),
      percent(100 * row.spread),
      speed(row),
      percent(row.percentOfRoofline),
      ...beside(row),
    ]),
  );
}

/** The directions of a case side by side. */
export function networks(report) {
  const beside = besides(report);
  const cases = new Map();
  for (const row of inGroup(report, 'networks')) cases.set(row.case, [...(cases.get(row.case) ?? []), row]);
  const cell = (row) =>
    row === undefined ? '' : `${milliseconds(row.milliseconds)} ms, ${percent(row.percentOfRoofline)}`;
  return table(
    ['case', 'networks', 'forward', 'input gradient, or all', 'weight gradient', ...peersOf(report)],
    Array.from(cases, ([name, rows]) => {
      const find = (...wanted) => rows.find(({ direction }) => wanted.includes(direction));
      const [{ networks: standsFor }] = rows;
      const forward = find('forward');
      return [
        name,
        standsFor.length === 1 ? standsFor[0] : standsFor.length,
        cell(forward),
        cell(find('input gradient', 'backward')),
        cell(find('weight gradient')),
        ...(forward === undefined ? peersOf(report).map(() => '') : beside(forward)),
      ];
    }),
  );
}

export const training = (report) =>
  table(
    ['step', 'ms', 'spread', 'speed'],
    inGroup(report, 'training steps').map((row) => [
      row.case,
      milliseconds(row.milliseconds),
      percent(100 * row.spread),
      speed(row),
    ]),
  );
