import { createHash } from 'node:crypto';
import { type Content, html, Markup } from './markup.js';
import { script } from './script.js';
import { style } from './style.js';

export interface PageParts {
  readonly title: string;
  readonly main: Content;
  /** Rules besides those of all pages. */
  readonly style?: string;
}

/** One HTML file that needs nothing else, neither other files nor a network. */
export function page({ title, main, style: own = '' }: PageParts): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="tenfold">
<title>${title}</title>
<style>${new Markup(style + own)}</style>
</head>
<body>
<main>
${main}
</main>
<script>${new Markup(script)}</script>
</body>
</html>
`.text;
}

/** The browser refuses whatever the file does not carry, and every script but its own. */
const policy = [
  "default-src 'none'",
  'img-src data:',
  "style-src 'unsafe-inline'",
  `script-src 'sha256-${createHash('sha256').update(script).digest('base64')}'`,
].join('; ');
