import { createHash } from 'node:crypto';
import { html, Markup } from './markup.js';
import type { RunRecord } from './run-record.js';
import { script } from './script.js';
import { classes } from './sections/classes.js';
import { confusion } from './sections/confusion.js';
import { curves } from './sections/curves.js';
import { headline, title } from './sections/headline.js';
import { mistakes } from './sections/mistakes.js';
import { network } from './sections/network.js';
import { setup } from './sections/setup.js';
import { style } from './style.js';

/** Writes a run's report: one HTML file that needs nothing else, neither other files nor a network. */
export async function renderReport(record: RunRecord): Promise<string> {
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="tenfold">
<title>${title(record)}</title>
<style>${new Markup(style)}</style>
</head>
<body>
<main>
${headline(record)}
${await curves(record)}
${await confusion(record)}
${await classes(record)}
${mistakes(record)}
${network(record)}
${setup(record)}
</main>
<script>${new Markup(script)}</script>
</body>
</html>
`;
  return page.text;
}

/** The browser refuses whatever the file does not carry, and every script but its own. */
const policy = [
  "default-src 'none'",
  'img-src data:',
  "style-src 'unsafe-inline'",
  `script-src 'sha256-${createHash('sha256').update(script).digest('base64')}'`,
].join('; ');
