import { type Content, html, type Markup } from '../markup.js';
import { date, duration, short, whole } from '../numbers.js';
import type { OptionValue, RunRecord } from '../run-record.js';

type Row = readonly [term: string, value: Content];

export function setup(record: RunRecord): Markup {
  return html`<section aria-labelledby="setup">
<h2 id="setup">Command and settings</h2>
<pre class="command"><code>${record.command}</code></pre>
<div class="lists">
${list(
  'Options',
  Object.entries(record.options).map(([name, value]) => [`--${name}`, optionText(value)]),
  'code',
)}
${list('Data', dataRows(record))}
${list('Run', runRows(record))}
</div>
</section>`;
}

function list(name: string, rows: readonly Row[], kind = ''): Markup {
  return html`<div><h3>${name}</h3><dl class="${`list ${kind}`.trim()}">${rows.map(
    ([term, value]) => html`<div><dt>${term}</dt><dd>${value}</dd></div>`,
  )}</dl></div>`;
}

function optionText(value: OptionValue): string {
  if (value === null) return '\u2013';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return typeof value === 'object' ? value.join(', ') : String(value);
}

function dataRows({ data }: RunRecord): Row[] {
  const { height, width, channels } = data.image;
  return [
    ['name', data.name],
    ['training images', whole(data.training)],
    ['validation images', whole(data.validation)],
    ['test images', whole(data.test)],
    ['image', `${height} x ${width} x ${channels}`],
    ['classes', whole(data.classes.length)],
    ['mean', data.normalisation.mean.map(short).join(', ')],
    ['deviation', data.normalisation.std.map(short).join(', ')],
    ['augmentation', data.augmentation.length === 0 ? 'none' : data.augmentation.join('; ')],
  ];
}

function runRows({ date: began, seconds, machine, versions, checkpoints, resumed }: RunRecord): Row[] {
  const gigabytes = machine.memoryBytes / 2 ** 30;
  return [
    ['date', date(began)],
    ['time', duration(seconds)],
    ['processor', `${machine.cpu}, ${whole(machine.cores)} cores`],
    ['threads', whole(machine.threads)],
    ['memory', `${gigabytes.toFixed(1)} GiB`],
    ['system', machine.platform],
    ['device', machine.device],
    ...Object.entries(versions).map(([name, version]): Row => [name, version]),
    ...(checkpoints.best === undefined ? [] : [['best weights', checkpoints.best] as const]),
    ...(checkpoints.last === undefined ? [] : [['last weights', checkpoints.last] as const]),
    ...(resumed ? [['resumed from', `${resumed.checkpoint}, after epoch ${resumed.epoch}`] as const] : []),
  ];
}
