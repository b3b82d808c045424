// Draws where the trained deformable network of the first seed samples, over test pictures, as
// docs/drawings/warped-fashion.svg. `run.js` leaves the network in runs/warped-fashion.
//
//   node studies/warped-fashion/draw.js

import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { predict, readSafetensors, relu, start, stop, tensor } from 'tenfold';
import { batchMaker } from '../../packages/cli/dist/data/loader/batch.js';
import { network } from './network.js';
import { warpedFashion } from './warp.js';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const pictures = Int32Array.of(0, 1, 2, 3, 4, 5, 6, 7);
const side = 28;
/** The third convolution works on 14x14; its pixel p lies over pixel 2 p of the picture. */
const [inner, stride] = [14, 2];
/** Output pixels [row, column] whose samples are drawn. */
const places = [
  [4, 7],
  [9, 5],
  [9, 9],
];
const colours = ['#d55e00', '#009e73', '#cc79a7'];
const [scale, gap, columns, heading] = [7, 14, 4, 40];
const tile = side * scale;

const { test, normalisation } = await warpedFashion();
await start({ threads: 1 });
const model = network('deformable');
model.loadStateDict(
  (await readSafetensors(here('../../runs/warped-fashion/deformable.safetensors'))).tensors,
);
model.eval();
const make = batchMaker({ set: test, normalisation, augmentation: 'none', seed: 0 });
const { images, shape } = make(pictures, 0);
/** [N, 14, 14, 18]: for each tap of the 3x3 how far down and right of its place it samples. */
const offsets = await predict(() => {
  let y = relu(model.bn1.forward(model.conv1.forward(tensor(images, shape))));
  y = relu(model.bn2.forward(model.conv2.forward(y)));
  return model.conv3.offsetConv.forward(y);
});
await stop();

const centre = (place) => ((place * stride + 0.5) * scale).toFixed(1);

function samples(picture, [row, column], colour) {
  const from = ((picture * inner + row) * inner + column) * 18;
  return Array.from({ length: 9 }, (_, tap) => {
    const [down, right] = [row + Math.floor(tap / 3) - 1, column + (tap % 3) - 1];
    const [x, y] = [centre(right), centre(down)];
    const [toX, toY] = [centre(right + offsets[from + 2 * tap + 1]), centre(down + offsets[from + 2 * tap])];
    return (
      `<path d="M${x} ${y}L${toX} ${toY}" stroke="${colour}"/>` +
      `<circle cx="${x}" cy="${y}" r="2" fill="none" stroke="${colour}"/>` +
      `<circle cx="${toX}" cy="${toY}" r="4" fill="${colour}" stroke="#fff"/>`
    );
  }).join('');
}

async function drawn(picture, index) {
  const pixels = test.images.subarray(picture * side * side, (picture + 1) * side * side);
  const png = await sharp(pixels, { raw: { width: side, height: side, channels: 1 } })
    .png()
    .toBuffer();
  const [x, y] = [
    gap + (index % columns) * (tile + gap),
    heading + Math.floor(index / columns) * (tile + 34),
  ];
  return `<g transform="translate(${x} ${y})">
<image width="${tile}" height="${tile}" href="data:image/png;base64,${png.toString('base64')}"/>
${places.map((place, at) => samples(picture, place, colours[at])).join('\n')}
<text x="0" y="${tile + 16}">${test.classNames[test.labels[picture]]}</text>
</g>`;
}

const [width, height] = [
  columns * (tile + gap) + gap,
  heading + Math.ceil(pictures.length / columns) * (tile + 34),
];
const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img">
<title>Where a trained deformable 3x3 convolution samples eight warped pictures of clothes</title>
<style>
svg { --page: #fff; --ink: #1b1f24; }
@media (prefers-color-scheme: dark) { svg { --page: #14171a; --ink: #e4e7ea; } }
text { font: 14px system-ui, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif; fill: var(--ink); }
image { image-rendering: pixelated; }
</style>
<rect width="${width}" height="${height}" fill="var(--page)"/>
<text x="${gap}" y="24">Small rings: where a plain 3x3 looks from three places. Dots: where the deformable one has learnt to look.</text>
${(await Promise.all(Array.from(pictures, drawn))).join('\n')}
</svg>
`;
writeFileSync(here('../../docs/drawings/warped-fashion.svg'), svg);
