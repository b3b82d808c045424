/** docs/networks.md: what there is and what it costs. Written by `npm test -- -u`, compared by every other run. */

import { cost, models } from 'tenfold';
import { expect, test } from 'vitest';

type Cell = string | number;

const networks = models.list();
const count = (value: number) => value.toLocaleString('en-US');
const triple = (values: readonly number[]) => values.join(' ');

function table(header: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return [header, header.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

function costs() {
  return networks.map(({ name, paper, task, input: { height, width, channels } }) => {
    const { parameters, multiplyAccumulates } = cost(() => models.create(name), [1, height, width, channels]);
    return [
      `\`${name}\``,
      paper,
      task === 'segmentation' ? 'pixel' : 'image',
      count(parameters),
      count(multiplyAccumulates),
      `${height}x${width}x${channels}`,
    ];
  });
}

function options() {
  return networks.map(({ name, defaults }) => {
    const values = Object.entries(defaults).map(([option, value]) => `${option} ${JSON.stringify(value)}`);
    return [`\`${name}\``, values.join(', ')];
  });
}

function weights() {
  return networks.flatMap(({ name, weights, preprocessing: { resize, crop, mean, std } }) =>
    weights === undefined
      ? []
      : [[`\`${name}\``, weights, resize ?? '-', crop ?? '-', triple(mean), triple(std)]],
  );
}

test('docs/networks.md is up to date', async () => {
  const page = `# Networks

Every network is a function of its options, \`models.resnet18({ numClasses: 10 })\`, and can be built by its name,
\`models.create('resnet18', { numClasses: 10 })\`. Parameters and multiply-accumulates are those of the default options,
for one image of the size that the network was made for, counted by \`cost\`: convolutions and linear layers only, one
multiplication and its addition as one.

${table(['name', 'paper', 'a class for each', 'parameters', 'multiply-accumulates', 'input'], costs())}

## Options

All networks also take \`seed\`, which decides the first values of their parameters.

${table(['name', 'options and their defaults'], options())}

## Pretrained weights

[pretrained-weights.md](pretrained-weights.md) shows how they come here and classify a picture.

Weights expect images that were prepared as theirs were in training: scaled until the shorter side has \`resize\` pixels, a
square of \`crop\` pixels cut from the middle, pixels from 0 to 1 minus \`mean\` and divided by \`std\`, for red, green and
blue. \`models.find('resnet18').preprocessing\` holds the same numbers. torchvision's weights were tested with bilinear
scaling, timm's with bicubic.

${table(['name', 'weights', 'resize', 'crop', 'mean', 'std'], weights())}
`;
  await expect(page).toMatchFileSnapshot('../docs/networks.md');
});
