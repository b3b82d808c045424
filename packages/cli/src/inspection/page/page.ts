import type { analysis } from 'tenfold';
import { html } from '../../report/markup.js';
import { page } from '../../report/page.js';
import type { Measurements } from '../measurements.js';
import { channels } from './channels.js';
import { costs } from './costs.js';
import { coverage } from './coverage.js';
import { fields } from './fields.js';
import { graph } from './graph.js';
import { headline } from './headline.js';
import { pathLengths } from './path-lengths.js';
import { readings } from './readings.js';
import { inspectionStyle } from './style.js';

/** What a section draws from. */
export interface Subject extends Measurements {
  readonly name: string;
  readonly examination: analysis.Examination;
}

/** An inspection as a page with drawings. */
export async function inspectionPage(
  name: string,
  examination: analysis.Examination,
  measured: Measurements = {},
): Promise<string> {
  const subject: Subject = { name, examination, ...measured };
  const main = html`${headline(subject)}
${graph(subject)}
${costs(subject)}
${await fields(subject)}
${coverage(subject)}
${await pathLengths(subject)}
${readings(subject)}
${channels(subject)}`;
  return page({ title: `${name}: inspection`, main, style: inspectionStyle });
}
