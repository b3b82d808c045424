/**
 * The report's looks. Colours are from the palette of Okabe and Ito, which people with any colour vision can tell
 * apart; the dark ones apply to screens alone, so that paper stays white.
 */
export const style = `
:root {
  --page: #ffffff;
  --panel: #f5f6f8;
  --ink: #1b1f24;
  --muted: #57606a;
  --rule: #d5dae0;
  --training: #0072b2;
  --validation: #d55e00;
  --right: #0072b2;
  --wrong: #d55e00;
  --wrong-text: #a84300;
  --notice: #fff4e0;
  --strongest: 0.55;
  color-scheme: light;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --page: #14171a;
    --panel: #1e2227;
    --ink: #e4e7ea;
    --muted: #a0a8b1;
    --rule: #363c43;
    --training: #56b4e9;
    --validation: #f0a35e;
    --right: #56b4e9;
    --wrong: #f0883e;
    --wrong-text: #f5ab77;
    --notice: #3a2c12;
    --strongest: 0.48;
    color-scheme: dark;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0;
  background: var(--page);
  color: var(--ink);
  font: 1rem/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Noto Sans', 'DejaVu Sans', sans-serif;
  font-variant-numeric: tabular-nums;
}
main { max-width: 68rem; margin: 0 auto; padding: clamp(1.25rem, 4vw, 3.5rem) clamp(1rem, 4vw, 3rem); }
h1, h2, h3 { line-height: 1.2; text-wrap: balance; overflow-wrap: anywhere; }
h1 { font-size: clamp(1.75rem, 4.6vw, 2.75rem); font-weight: 650; letter-spacing: -0.02em; margin: 0.25rem 0 1rem; max-width: 24ch; }
h1 em { font-style: normal; color: var(--training); white-space: nowrap; }
h2 { font-size: 1.4rem; font-weight: 650; letter-spacing: -0.01em; margin: 0 0 0.5rem; }
h3 { font-size: 1rem; font-weight: 650; margin: 1.5rem 0 0.5rem; }
section { margin-top: 3rem; padding-top: 1.5rem; border-top: 1px solid var(--rule); }
p { margin: 0 0 1rem; max-width: 44rem; overflow-wrap: anywhere; }
.eyebrow { margin: 0; color: var(--muted); font-size: 0.875rem; }
.lead { font-size: 1.125rem; }
.note, figcaption { color: var(--muted); font-size: 0.9375rem; }
.notice { background: var(--notice); border-left: 4px solid var(--wrong); padding: 0.5rem 0.75rem; }
small { font-size: 0.8125rem; color: var(--muted); }
dl, dd { margin: 0; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: 1.25rem 1.5rem; margin-top: 1.75rem; }
.figures dt { font-size: 0.8125rem; white-space: nowrap; color: var(--muted); }
.figures dd { font-size: 1.375rem; font-weight: 600; line-height: 1.3; }
.figures small { display: block; font-weight: 400; line-height: 1.35; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); gap: 2rem 2.5rem; align-items: start; }
.charts > * { min-width: 0; }
figure { margin: 0; }
figcaption { margin-bottom: 0.5rem; overflow-wrap: anywhere; }
figcaption strong { color: var(--ink); font-weight: 650; display: block; font-size: 1rem; }
.chart { display: block; width: 100%; height: auto; }
.heat-map { min-width: 34rem; max-width: 56rem; }
.beside { display: flex; flex-wrap: wrap; gap: 1.5rem 3rem; align-items: flex-start; }
.beside > * { min-width: 0; }
.beside > :last-child { flex: 1 1 18rem; }
.beside .note { margin-top: 0.5rem; }
.below > * + * { margin-top: 1.5rem; }
.scroll { overflow-x: auto; max-width: 100%; }
.scroll:focus-visible, summary:focus-visible { outline: 2px solid var(--training); outline-offset: 2px; }
table { border-collapse: collapse; font-size: 0.9375rem; }
caption { caption-side: top; text-align: left; color: var(--muted); padding-bottom: 0.5rem; }
.numbers { min-width: 100%; }
.numbers th, .numbers td { padding: 0.3rem 0.75rem; text-align: right; border-bottom: 1px solid var(--rule); white-space: nowrap; font-weight: 400; }
.numbers th:first-child, .numbers td:first-child { padding-left: 0; }
.numbers th:last-child, .numbers td:last-child { padding-right: 0; }
.numbers thead th { color: var(--muted); vertical-align: bottom; font-size: 0.875rem; }
.numbers tfoot th, .numbers tfoot td, .numbers .best th, .numbers .best td { font-weight: 650; border-bottom: 0; }
.numbers .best th, .numbers .best td { border-bottom: 1px solid var(--rule); }
.numbers .text { text-align: left; }
.numbers .name { text-align: left; white-space: normal; overflow-wrap: anywhere; min-width: 5rem; max-width: 24rem; }
.numbers thead .name { white-space: nowrap; }
.below .name { min-width: 8rem; }
.code, pre, code { font-family: ui-monospace, 'Cascadia Code', 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace; }
.numbers .code { font-size: 0.875rem; }
.confusion { font-size: 0.875rem; }
.confusion th { font-weight: 400; padding: 0.25rem 0.5rem; }
.confusion thead th:first-child, .confusion thead td, .confusion [scope=row] { position: sticky; left: 0; background: var(--page); }
.confusion thead th { color: var(--muted); }
.confusion thead tr:first-child th { text-align: left; }
.confusion [scope=row] { text-align: right; }
.confusion th span { display: inline-block; max-width: 10rem; max-height: 9rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; vertical-align: bottom; }
.confusion thead tr:last-child th:not(:first-child) { color: var(--ink); vertical-align: bottom; min-width: 3rem; }
.confusion thead tr:last-child th:first-child { text-align: right; vertical-align: bottom; white-space: nowrap; }
.confusion .turned span { writing-mode: vertical-rl; transform: rotate(180deg); }
.confusion tbody td { text-align: center; padding: 0.5rem 0.25rem; border: 2px solid var(--page); background: color-mix(in srgb, var(--hue, var(--panel)) calc(var(--tint, 0%) * var(--strongest)), var(--panel)); -webkit-print-color-adjust: exact; print-color-adjust: exact; }
.confusion .right { --hue: var(--right); font-weight: 600; }
.confusion .wrong { --hue: var(--wrong); }
.confusion .none { color: var(--muted); }
.mistakes { list-style: none; margin: 0; padding: 0; display: grid; grid-template-columns: repeat(auto-fill, minmax(8.5rem, 1fr)); gap: 1.5rem 1.25rem; }
.mistakes img, .no-picture { display: block; width: 100%; aspect-ratio: 1; object-fit: contain; background: var(--panel); border: 1px solid var(--rule); border-radius: 4px; }
.mistakes.small img { image-rendering: pixelated; }
.no-picture { display: grid; place-items: center; color: var(--muted); }
.mistakes figcaption { margin: 0.5rem 0 0; line-height: 1.35; color: var(--ink); }
.mistakes .pair { display: block; }
.mistakes .label { color: var(--muted); }
.mistakes .wrong { color: var(--wrong-text); }
details { margin-top: 1.25rem; min-width: 0; }
summary { cursor: pointer; color: var(--muted); margin-bottom: 0.5rem; }
pre { background: var(--panel); border-radius: 6px; padding: 0.85rem 1rem; margin: 0 0 1rem; white-space: pre-wrap; overflow-wrap: anywhere; font-size: 0.9375rem; }
.lists { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 17rem), 1fr)); gap: 0.5rem 2.5rem; }
.list > div { display: grid; grid-template-columns: minmax(7rem, 40%) 1fr; gap: 0.75rem; padding: 0.2rem 0; border-bottom: 1px solid var(--rule); font-size: 0.9375rem; }
.list dt { color: var(--muted); }
.list dd { overflow-wrap: anywhere; }
.list.code { font-size: 0.875rem; }
.tip { position: fixed; pointer-events: none; max-width: 20rem; padding: 0.25rem 0.5rem; border-radius: 4px; background: var(--ink); color: var(--page); font-size: 0.8125rem; overflow-wrap: anywhere; }
.tip[hidden] { display: none; }
@media screen and (max-width: 40rem) {
  .confusion { font-size: 0.75rem; }
  .confusion th, .confusion tbody td { padding: 0.35rem 0; }
  .confusion [scope=row], .confusion thead tr:last-child th:first-child { padding-right: 0.3rem; }
  .confusion thead tr:last-child th:first-child { white-space: normal; }
  .confusion thead tr:last-child th:not(:first-child) { min-width: 1.7rem; }
  .confusion th span { max-width: 6rem; }
}
@page { size: A4; margin: 15mm 14mm; }
@media print {
  :root { font-size: 9pt; }
  main { max-width: none; padding: 0; }
  section { margin-top: 1.75rem; padding-top: 1rem; }
  h1 { font-size: 21pt; }
  h2, h3, .note, figcaption, caption { break-after: avoid; }
  .figures { grid-template-columns: repeat(6, 1fr); gap: 1rem; }
  .figures dd { font-size: 1.25rem; }
  .beside { column-gap: 2rem; }
  .beside > :last-child { flex-basis: 14rem; }
  .charts { grid-template-columns: 1fr 1fr; gap: 1rem 1.5rem; }
  .heat-map { min-width: 0; }
  .scroll { overflow: visible; }
  tfoot { display: table-row-group; }
  p, figure, li, tr, pre, .beside > *, .charts > *, .notice, .figures > div, .list > div { break-inside: avoid; }
  thead { display: table-header-group; }
  .mistakes { grid-template-columns: repeat(auto-fill, minmax(26mm, 1fr)); gap: 1rem; }
  details:not([open]) { display: none; }
}
`;
