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
import type { Material } from './material.js';
import { pathLengths } from './path-lengths.js';
import { readings } from './readings.js';
import { inspectionStyle } from './style.js';

/** An inspection as a page with drawings. */
export async function inspectionPage(
  name: string,
  examination: analysis.Examination,
  measured: Measurements = {},
): Promise<string> {
  const material: Material = { name, examination, ...measured };
  const main = html`${headline(material)}
${graph(material)}
${costs(material)}
${await fields(material)}
${coverage(material)}
${await pathLengths(material)}
${readings(material)}
${channels(material)}`;
  return page({ title: `${name}: inspection`, main, style: inspectionStyle });
}
