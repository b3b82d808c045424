import { html } from './markup.js';
import { page } from './page.js';
import type { RunRecord } from './run-record.js';
import { classes } from './sections/classes.js';
import { confusion } from './sections/confusion.js';
import { curves } from './sections/curves.js';
import { headline, title } from './sections/headline.js';
import { mistakes } from './sections/mistakes.js';
import { network } from './sections/network.js';
import { setup } from './sections/setup.js';

/** Writes a run's report as a page. */
export async function renderReport(record: RunRecord): Promise<string> {
  const main = html`${headline(record)}
${await curves(record)}
${await confusion(record)}
${await classes(record)}
${mistakes(record)}
${network(record)}
${setup(record)}`;
  return page({ title: title(record), main });
}
