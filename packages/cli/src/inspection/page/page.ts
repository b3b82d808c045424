import type { analysis } from 'tenfold';
import { html } from '../../report/markup.js';
import { page } from '../../report/page.js';
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
export interface Subject {
  readonly name: string;
  readonly examination: analysis.Examination;
  /** Milliseconds of each layer, if they were measured. */
  readonly times: readonly number[] | undefined;
}

/** An inspection as a page with drawings. */
export async function inspectionPage(
  name: string,
  examination: analysis.Examination,
  times: readonly number[] | undefined,
): Promise<string> {
  const subject: Subject = { name, examination, times };
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
