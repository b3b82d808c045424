// Numbers as people read them. A missing number is a dash: JSON has no NaN, and a class may have no images.

type Maybe = number | null | undefined;

const missing = '\u2013';
const noBreakSpace = '\u00a0';

/** `98.71 %` */
export function percent(fraction: Maybe): string {
  return isMissing(fraction) ? missing : (100 * fraction).toFixed(2) + noBreakSpace + '%';
}

/** `54,000` */
export function whole(value: Maybe): string {
  return isMissing(value) ? missing : Math.round(value).toLocaleString('en-US');
}

/** `0.0463`, and `1.20e-6` where four decimals would say nothing. */
export function loss(value: Maybe): string {
  if (isMissing(value)) return missing;
  return value !== 0 && Math.abs(value) < 0.001 ? value.toExponential(2) : value.toFixed(4);
}

/** Four digits that count, without trailing zeros: `0.1307`, `4e-7`. */
export function short(value: Maybe): string {
  return isMissing(value) ? missing : String(Number(value.toPrecision(4)));
}

/** `66,346`, `4.67 million`. */
export function compact(value: Maybe): string {
  if (isMissing(value) || value < 1e6) return whole(value);
  return new Intl.NumberFormat('en-US', {
    notation: 'compact',
    compactDisplay: 'long',
    maximumSignificantDigits: 3,
  })
    .format(value)
    .replace(' ', noBreakSpace);
}

/** `12.8 s`, `5 min 20 s`, `2 h 13 min`. */
export function duration(seconds: Maybe): string {
  if (isMissing(seconds)) return missing;
  if (seconds < 59.95) return `${seconds.toFixed(1)}${noBreakSpace}s`;
  const minutes = Math.round(seconds / 60);
  const [large, small] =
    seconds < 3599.5
      ? [
          `${Math.floor(Math.round(seconds) / 60)}${noBreakSpace}min`,
          `${Math.round(seconds) % 60}${noBreakSpace}s`,
        ]
      : [`${Math.floor(minutes / 60)}${noBreakSpace}h`, `${minutes % 60}${noBreakSpace}min`];
  return `${large} ${small}`;
}

/** `24 November 2026, 05:31 UTC` */
export function date(iso: string): string {
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) return iso;
  const day = time.toLocaleDateString('en-GB', { dateStyle: 'long', timeZone: 'UTC' });
  return `${day}, ${time.toISOString().slice(11, 16)}${noBreakSpace}UTC`;
}

/** `1 epoch`, `12 epochs`. */
export function count(value: number, noun: string, plural = noun + 's'): string {
  return `${whole(value)}${noBreakSpace}${value === 1 ? noun : plural}`;
}

function isMissing(value: Maybe): value is null | undefined {
  return value === null || value === undefined || Number.isNaN(value);
}
