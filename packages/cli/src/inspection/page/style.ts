/** What drawings of networks need besides the looks of all pages. */
export const inspectionStyle = `
.advice-title { margin-top: 2rem; font-size: 1.1rem; }
.advice { margin: 0; padding-left: 1.2rem; max-width: 48rem; }
.advice li { margin-bottom: 0.35rem; overflow-wrap: anywhere; }
.chart text { fill: var(--ink); font-size: 12.5px; }
.chart text.small { fill: var(--muted); font-size: 11px; }
.graph { width: auto; max-width: none; margin: 0 auto; }
.graph .box { fill: var(--panel); stroke: var(--rule); }
.graph .outer { fill: none; stroke-dasharray: 4 3; }
.graph .share { fill: var(--training); }
.graph .edge { fill: none; stroke: var(--muted); stroke-width: 1.2; }
.image { fill: color-mix(in srgb, var(--training) 14%, var(--page)); stroke: var(--muted); }
.frame { fill: none; stroke-width: 1.6; }
.frame.cut { stroke-dasharray: 6 4; }
.overlay { display: flex; flex-wrap: wrap; gap: 1rem; }
.overlay .chart { width: 18rem; max-width: 100%; }
.overlay ul { list-style: none; margin: 0; padding: 0; color: var(--muted); font-size: 0.875rem; overflow-wrap: anywhere; }
.stroke { display: inline-block; width: 1.25rem; height: 2px; margin-right: 0.5rem; vertical-align: middle; }
.pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 17rem), 1fr)); gap: 1.5rem 2rem; align-items: start; }
.pairs { grid-template-columns: repeat(auto-fill, minmax(min(100%, 17rem), 17rem)); max-width: 38rem; }
.framed { border: 1px solid var(--rule); line-height: 0; }
.pixels { width: 100%; height: auto; image-rendering: pixelated; display: block; }
.key { display: flex; flex-wrap: wrap; align-items: center; gap: 0.5rem; margin-top: 1rem; color: var(--muted); font-size: 0.9375rem; }
.ramp { display: inline-block; width: 7rem; height: 0.9rem; background: linear-gradient(90deg, rgb(205 226 242), rgb(8 62 120)); border: 1px solid var(--rule); }
.hole { display: inline-block; width: 0.9rem; height: 0.9rem; margin-left: 1rem; background: rgb(213 94 0); }
.cells { width: auto; max-width: 100%; margin-bottom: 0.75rem; }
.cells .read { fill: var(--training); }
.cells .unread { fill: var(--wrong); fill-opacity: 0.35; }
.rules { margin: 0 0 1rem; padding-left: 1.2rem; color: var(--muted); font-size: 0.9375rem; }
.wide { max-width: 34rem; }
details { margin-top: 0.75rem; }
td.bar { width: 4.5rem; min-width: 4.5rem; }
#costs ~ .scroll .numbers th, #costs ~ .scroll .numbers td, #costs ~ details .numbers th, #costs ~ details .numbers td { padding: 0.2rem 0.5rem; font-size: 0.8125rem; }
td.bar span { display: block; height: 0.55rem; background: var(--training); border-radius: 2px; }
`;
