// @ts-check
/**
 * Draws what the trained networks of one seed make of test images, over the images, as docs/drawings/segmentation.svg.
 *
 *   node studies/segmentation/draw.js
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { readSafetensors, seeded, start, stop } from 'tenfold';
import { arms } from './arms.js';
import { shapes, side } from './shapes.js';
import { segment } from './train.js';

const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));
const seed = 1;
const indices = Int32Array.of(0, 1, 2, 3, 4, 5);
/** Of the classes; the background is left as it is. */
const colours = ['', '#e8503c', '#3c82e6', '#2fae5c', '#e6a01e'];
const pixels = side * side;
const set = shapes('test', Math.max(...indices) + 1);

/** @type {{ name: string, classes: ArrayLike<number> }[]} For each of the images its classes, one image after the other */
const columns = [
  { name: 'image', classes: new Uint8Array(indices.length * pixels) },
  { name: 'truth', classes: Array.from(indices).flatMap((index) => [...partOf(set.labels, index)]) },
];
await start({ threads: 1 });
for (const { name, build } of arms) {
  const model = seeded(seed, build).eval();
  model.loadStateDict(
    (await readSafetensors(here(`../../runs/segmentation/${name}-${seed}.safetensors`))).tensors,
  );
  columns.push({ name, classes: await segment(model, set, indices) });
  model.dispose();
}
await stop();

const [gap, heading] = [6, 14];
const [width, height] = [columns.length * (side + gap) + gap, indices.length * (side + gap) + heading + gap];
const at = (/** @type {number} */ column, /** @type {number} */ row) => [
  gap + column * (side + gap),
  heading + row * (side + gap),
];
const photographs = await Promise.all(
  Array.from(
    indices,
    async (index, row) =>
      `<image id="image${row}" width="${side}" height="${side}" href="${await png(index)}"/>`,
  ),
);
const tiles = columns.flatMap(({ name, classes }, column) => {
  const [left] = at(column, 0);
  const title = `<text x="${left + side / 2}" y="${heading - 5}">${name.replaceAll('_', ' ')}</text>`;
  return [
    title,
    ...Array.from(indices, (_, row) =>
      tile(at(column, row), row, Array.prototype.slice.call(classes, row * pixels, (row + 1) * pixels)),
    ),
  ];
});
const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img">
<title>Test images, what is on them, and what each network says, by colour: disc red, square blue, triangle green, ring yellow</title>
<style>text { font: 6.5px sans-serif; text-anchor: middle; fill: #222 } image { image-rendering: pixelated } path { shape-rendering: crispEdges; fill-opacity: 0.6 }</style>
<rect width="${width}" height="${height}" fill="#fff"/>
<defs>${photographs.join('\n')}</defs>
${tiles.join('\n')}
</svg>
`;
mkdirSync(here('../../docs/drawings'), { recursive: true });
writeFileSync(here('../../docs/drawings/segmentation.svg'), svg);

/**
 * @template {{ subarray(begin: number, end: number): unknown }} Values
 * @param {Values} values
 * @param {number} index
 */
function partOf(values, index) {
  return /** @type {ReturnType<Values['subarray']>} */ (
    values.subarray(index * pixels, (index + 1) * pixels)
  );
}

/** @param {number} index */
async function png(index) {
  const raw = { width: side, height: side, channels: /** @type {const} */ (1) };
  const bytes = await sharp(partOf(set.images, index), { raw })
    .png({ palette: true, colours: 32 })
    .toBuffer();
  return `data:image/png;base64,${bytes.toString('base64')}`;
}

/**
 * An image with its classes over it.
 *
 * @param {number[]} place
 * @param {number} row
 * @param {readonly number[]} classes
 */
function tile([left, top], row, classes) {
  const paths = colours.slice(1).map((colour, index) => {
    const runs = runsOf(classes, index + 1);
    return runs === '' ? '' : `<path fill="${colour}" d="${runs}"/>`;
  });
  return `<g transform="translate(${left} ${top})"><use href="#image${row}"/>${paths.join('')}</g>`;
}

/**
 * The pixels of one class as rectangles, one for each run in a row.
 *
 * @param {readonly number[]} classes
 * @param {number} wanted
 */
function runsOf(classes, wanted) {
  let path = '';
  for (let pixel = 0; pixel < pixels; pixel++) {
    if (classes[pixel] !== wanted || (pixel % side > 0 && classes[pixel - 1] === wanted)) continue;
    let length = 1;
    while ((pixel + length) % side > 0 && classes[pixel + length] === wanted) length++;
    path += `M${pixel % side} ${Math.floor(pixel / side)}h${length}v1h-${length}z`;
  }
  return path;
}
