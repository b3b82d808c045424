const unicode = {
  line: '\u2500\u2500',
  point: '\u25cf',
  symbols: {
    point: '\u25cf',
    axis: { n: '\u2502', ns: '\u2502', y: '\u2524', nse: '\u2514', x: '\u252c', we: '\u2500', e: '\u2500' },
    chart: {
      we: '\u2500',
      wns: '\u256e',
      ns: '\u2502',
      nse: '\u2570',
      wsn: '\u256f',
      sne: '\u256d',
      area: '\u2588',
    },
  },
};

const ascii: typeof unicode = {
  line: '--',
  point: 'o',
  symbols: {
    point: 'o',
    axis: { n: '|', ns: '|', y: '+', nse: '+', x: '+', we: '-', e: '-' },
    chart: { we: '-', wns: '.', ns: '|', nse: "'", wsn: "'", sne: '.', area: '#' },
  },
};

/** What charts in a terminal are made of. */
export function glyphs(isUnicode: boolean): typeof unicode {
  return isUnicode ? unicode : ascii;
}

/** Whether a terminal shows more than ASCII: its locale says so, or it is one of the newer ones of Windows. */
export function isUtf8(
  environment: NodeJS.ProcessEnv,
  platform: NodeJS.Platform = process.platform,
): boolean {
  // The Linux console has hardly any glyphs, whatever the locale.
  if (environment.TERM === 'linux' || environment.TERM === 'dumb') return false;
  if (platform === 'win32') {
    return Boolean(environment.WT_SESSION || environment.TERM_PROGRAM || environment.ConEmuTask);
  }
  const locale = environment.LC_ALL || environment.LC_CTYPE || environment.LANG || '';
  return /utf-?8/i.test(locale);
}
