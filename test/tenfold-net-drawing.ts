/** The showcase network as a picture: a row for each stage, a chip for each convolution, bars for what they cost. */

import { cost, models, type NetworkCost } from 'tenfold';

const { techniques, tenfoldNet } = models;

const width = 860;
const rowHeight = 62;
const top = 56;
const left = 44;
const chipsAt = 168;
const barsAt = 640;
const barWidth = 120;

const style = `
  text { font: 13px system-ui, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif; fill: var(--ink); }
  .stage { font-weight: 600; }
  .muted { fill: var(--muted); font-size: 11.5px; }
  .chip { fill: var(--panel); stroke: var(--rule); }
  .way { fill: none; stroke: var(--skip); stroke-width: 2; }
  .arrow { fill: var(--skip); }
  .parameters { fill: #0072b2; }
  .multiply-accumulates { fill: #d55e00; }
  svg { --page: #ffffff; --ink: #1b1f24; --muted: #57606a; --panel: #f0f2f5; --rule: #c4cad1; --skip: #57606a; }
  @media (prefers-color-scheme: dark) {
    svg { --page: #14171a; --ink: #e4e7ea; --muted: #a0a8b1; --panel: #262b31; --rule: #4a525b; --skip: #a0a8b1; }
    .parameters { fill: #56b4e9; }
    .multiply-accumulates { fill: #f0883e; }
  }`;

type Application = NetworkCost['applications'][number];

interface Stage {
  readonly name: string;
  readonly applications: readonly Application[];
}

/** The applications by the first part of their module's name; pooling and activations belong to the stage before. */
function stagesOf(applications: readonly Application[]): Stage[] {
  const stages: { name: string; applications: Application[] }[] = [];
  for (const application of applications) {
    const name = application.module?.split('.')[0] ?? stages.at(-1)!.name;
    if (stages.at(-1)?.name !== name) stages.push({ name, applications: [] });
    stages.at(-1)!.applications.push(application);
  }
  return stages;
}

/** Convolutions that follow each other stand in one group; those of another branch or dense layer in the next. */
function chipsOf({ applications }: Stage): string[][] {
  const groups = new Map<string, string[]>();
  applications.forEach((application, index) => {
    const text = chip(application);
    if (text === undefined) return;
    // What has no parameters, such as pooling, belongs to what follows, or to all.
    const { module = '' } = applications.slice(index).find((next) => next.module !== undefined) ?? {};
    const group = /branch\d|denselayer\d/.exec(module)?.[0] ?? '';
    groups.set(group, [...(groups.get(group) ?? []), text]);
  });
  return [...groups.values()];
}

function chip({ operator, module = '', record }: Application): string | undefined {
  if (operator === 'linear') return 'linear';
  if (operator === 'maxPool2d') return 'max pool';
  if (operator === 'avgPool2d') return 'average pool';
  if (!/conv2d/i.test(operator) || module.endsWith('fc2')) return undefined;
  if (module.endsWith('fc1')) return 'squeeze, excite';
  if (module.endsWith('offset_conv')) return 'offsets';
  const { kernelHeight, kernelWidth, groups, inChannels, dilationHeight } = record as Record<string, number>;
  const kernel = `${kernelHeight}x${kernelWidth}`;
  if (operator === 'deformConv2d') return `deformable ${kernel}`;
  if (groups! > 1) return groups === inChannels ? `depthwise ${kernel}` : `${kernel} in ${groups} groups`;
  return dilationHeight! > 1 ? `${kernel} of rate ${dilationHeight}` : kernel;
}

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

function drawStage({ name, applications }: Stage, row: number, whole: NetworkCost): string {
  const y = top + row * rowHeight;
  const names = Object.entries(techniques)
    .filter(([, pattern]) => applications.some(({ module }) => pattern.test(module ?? '')))
    .map(([technique]) => technique);
  const shape = applications.findLast(
    ({ operator, outputShape: [, height] }) => operator !== 'flatten' && height! > 1,
  );
  const parts = [
    `<text class="stage" x="${left}" y="${y + 16}">${name}</text>`,
    `<text class="muted" x="${left}" y="${y + 33}">${shape!.outputShape.slice(1).join('x')}</text>`,
    `<text class="muted" x="${chipsAt}" y="${y + 46}">${escaped(names.join(', '))}</text>`,
  ];
  let x = chipsAt;
  for (const group of chipsOf({ name, applications })) {
    for (const text of group) {
      const size = 7 * text.length + 14;
      parts.push(
        `<rect class="chip" x="${x}" y="${y + 2}" width="${size.toFixed(1)}" height="24" rx="4"/>`,
        `<text x="${(x + size / 2).toFixed(1)}" y="${y + 18.5}" text-anchor="middle">${text}</text>`,
      );
      x += size + 4;
    }
    x += 10;
  }
  if (names.includes('residual')) {
    const [above, below] = [y - 6, y + 44];
    parts.push(
      `<path class="way" d="M ${left - 14} ${above} h -12 V ${below} h 10"/>`,
      `<path class="arrow" d="M ${left - 10} ${below} l -8 -4 v 8 z"/>`,
    );
  }
  const sum = (count: (application: Application) => number) =>
    applications.reduce((total, application) => total + count(application), 0);
  const shares = {
    parameters: sum(({ parameters }) => parameters) / whole.parameters,
    'multiply-accumulates': sum(({ cost }) => cost.multiplyAccumulates) / whole.multiplyAccumulates,
  };
  Object.entries(shares).forEach(([kind, share], bar) => {
    const size = (barWidth * share) / 0.45;
    parts.push(
      `<rect class="${kind}" x="${barsAt}" y="${y + 4 + 18 * bar}" width="${size.toFixed(1)}" height="10"/>`,
      `<text class="muted" x="${(barsAt + size + 6).toFixed(1)}" y="${y + 13 + 18 * bar}">${(100 * share).toFixed(1)} %</text>`,
    );
  });
  return parts.join('\n');
}

export function drawTenfoldNet(): string {
  const whole = cost(() => tenfoldNet(), [1, 28, 28, 1]);
  const stages = stagesOf(whole.applications);
  const height = top + stages.length * rowHeight + 4;
  const count = (value: number) => value.toLocaleString('en-US');
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img">
<title>The stages of tenfold_net, their convolutions and their shares of the cost</title>
<style>${style}
</style>
<rect width="${width}" height="${height}" fill="var(--page)"/>
<text class="muted" x="${left}" y="24">stage, output</text>
<text class="muted" x="${chipsAt}" y="24">convolutions; technique</text>
<rect class="parameters" x="${barsAt}" y="8" width="10" height="10"/>
<text class="muted" x="${barsAt + 16}" y="17">of ${count(whole.parameters)} parameters</text>
<rect class="multiply-accumulates" x="${barsAt}" y="26" width="10" height="10"/>
<text class="muted" x="${barsAt + 16}" y="35">of ${count(whole.multiplyAccumulates)} multiply-accumulates</text>
${stages.map((stage, row) => drawStage(stage, row, whole)).join('\n')}
</svg>
`;
}
