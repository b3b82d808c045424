import { writeFileAtomic } from 'tenfold';
import type { Progress } from '../progress.js';
import type { RunRecord } from '../report/run-record.js';

/** Writes the report of a finished run, and draws its curves where there is a terminal. */
export async function writeReport(file: string, record: RunRecord, progress: Progress): Promise<void> {
  // Loaded only now: charts are half of what the command would otherwise load for every call.
  const [{ renderReport }, { terminalChart }] = await Promise.all([
    import('../report/html.js'),
    import('../report/terminal-chart.js'),
  ]);
  await writeFileAtomic(file, new TextEncoder().encode(await renderReport(record)));
  progress.say(`the report is ${file}`);
  const chart = terminalChart(record.history, progress.stream);
  if (chart !== '') progress.say(chart.trimEnd());
}
