// node bench/page/publish.js: writes docs/benchmarks.md and its drawing anew from bench/results.json.

import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { drawing } from './drawing.js';
import { unexplained } from './judge.js';
import { pageOf } from './page.js';

const at = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const results = at('bench/results.json');

function write(path, text) {
  writeFileSync(`${path}.part`, text);
  renameSync(`${path}.part`, path);
}

export const readResults = () => JSON.parse(readFileSync(results, 'utf8'));

/** JSON with a line for each row. */
function textOf(report) {
  const rows = report.rows.map((row) => JSON.stringify(row)).join(',\n');
  return `${JSON.stringify({ ...report, rows: [] }, null, 1).replace('"rows": []', `"rows": [\n${rows}\n]`)}\n`;
}

/** Keeps what was measured, and says it in docs/. */
export async function publish(report) {
  write(results, textOf(report));
  write(at('docs/benchmarks.md'), pageOf(report));
  write(at('docs/drawings/benchmarks.svg'), await drawing(report));
  for (const { key, text } of unexplained(report)) {
    console.log(`missed, and limits.js does not say why: '${key}' (${text})`);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await publish(readResults());
