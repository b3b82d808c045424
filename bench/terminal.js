// What a run says on the terminal: on what it measures, then a line for each direction of each case.

const widths = [-58, -20, 10, 8, 9, 7, 10, 13];

const columns = (cells) =>
  cells
    .map((text, index) => {
      const width = widths[index];
      return width < 0 ? text.padEnd(-width) : text.padStart(width);
    })
    .join('');

const number = (value, digits, unit = '') => (value === undefined ? '' : `${value.toFixed(digits)}${unit}`);

export function introduction({ machine, node, calibration, peak, bandwidth, implementations }) {
  const copies = bandwidth.map(
    ({ bytes, gigabytesPerSecond }) => `${bytes / 2 ** 20} MiB ${gigabytesPerSecond}`,
  );
  const header = ['case', 'direction', 'ms', 'spread', 'GFLOP/s', 'GB/s', 'roofline', 'calibration'];
  return [
    `${machine}, Node ${node}`,
    `calibration ${calibration} GFLOP/s, peak ${peak} GFLOP/s, copy of ${copies.join(', ')} GB/s`,
    ...implementations.map(
      ({ name, version, threads, instructions }) =>
        `${name} ${version}: ${threads} ${threads === 1 ? 'thread' : 'threads'}, ${instructions}`,
    ),
    '',
    `${' '.repeat(10)}${columns(header)}  a peer's time over ours`,
  ].join('\n');
}

/** @param rows Ours first. */
export function line(progress, [row, ...others]) {
  const beside = others.map(({ implementation, threads, milliseconds, problem }) => {
    const name = implementation === row.implementation ? `${threads} thread` : implementation;
    return problem === undefined
      ? `${name} ${(milliseconds / row.milliseconds).toFixed(2)}`
      : `${name}: ${problem}`;
  });
  const cells = [
    row.case,
    row.direction,
    number(row.milliseconds, 3),
    number(row.spread && 100 * row.spread, 0, ' %'),
    number(row.gflops, 1),
    number(row.gigabytesPerSecond, 1),
    number(row.percentOfRoofline, 0, ' %'),
    number(row.calibration, 1),
  ];
  return `${progress.padStart(9)} ${columns(cells)}  ${row.problem ?? beside.join('  ')}`;
}
