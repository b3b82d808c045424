import type { Inspection } from 'tenfold';
import type { TopLevelSpec } from 'vega-lite';
import { drawChart } from '../../report/charts/draw.js';
import { html, type Markup } from '../../report/markup.js';
import { both, plural, size } from '../figures.js';
import { rowsOf } from '../rows.js';
import type { Material } from './material.js';

export async function fields({ examination }: Material): Promise<Markup> {
  const { inspection } = examination;
  const { receptiveField: field, input, misaligned } = inspection;
  if (input.length !== 4 || inspection.coverage === undefined) return html``;
  return html`<section aria-labelledby="fields">
<h2 id="fields">What it sees</h2>
<p>A pixel of <span class="code">${field.layer}</span>, which is ${field.size.join(' x ')}, sees ${size(field)} pixels of the
image${field.stride && html`; the next pixel sees them ${both(field.stride)} further on`}${field.start && html`, and the first one from ${both(field.start)} on`}.
${field.kind === 'unbounded' && 'Through global pooling on the way it sees the whole image, too; the convolutional paths are drawn.'}
${field.kind === 'data-dependent' && 'Deformable convolutions move what it sees with the data; their taps are drawn where they are before they move.'}
${misaligned.length > 0 && `Paths with different centres meet in ${plural(misaligned.length, 'place')}, first in ${misaligned[0]!.layer}.`}</p>
<div class="charts">
<figure><figcaption><strong>Fields in the middle of the image</strong> Each frame is what one pixel sees, of a later layer the larger.
The filled square is the image.</figcaption>
${overlay(inspection)}</figure>
<figure><figcaption><strong>Growth of the field</strong> Height of the field behind each layer; the dashed line is the height of the image.</figcaption>
${await growth(inspection)}</figure>
</div>
</section>`;
}

interface Frame {
  readonly name: string;
  readonly height: number;
  readonly width: number;
}

const mostFrames = 9;

/** The last layer of each field size that differs, thinned out to what can be told apart. */
function framesOf(inspection: Inspection): Frame[] {
  const bySize = new Map<string, Frame>();
  const rows = [2, 1].map((depth) => rowsOf(inspection, depth)).find((list) => list.length <= 60);
  for (const { name, receptiveField } of rows ?? rowsOf(inspection, 1)) {
    if (receptiveField?.height === undefined || receptiveField.width === undefined) continue;
    const { height, width } = receptiveField;
    bySize.set(`${height} ${width}`, { name, height, width });
  }
  const frames = [...bySize.values()].sort((a, b) => a.height * a.width - b.height * b.width);
  const count = Math.min(mostFrames, frames.length);
  const places = Array.from({ length: count }, (_, index) =>
    count === 1 ? 0 : Math.round((index * (frames.length - 1)) / (count - 1)),
  );
  return places.map((place) => frames[place]!);
}

const picture = 300;

/** The image and the frames around its middle; what is far larger than the image is cut off at the border of the drawing. */
function overlay(inspection: Inspection): Markup {
  const [, imageHeight, imageWidth] = inspection.input as [number, number, number, number];
  const frames = framesOf(inspection);
  const largest = Math.max(...frames.map(({ height, width }) => Math.max(height, width)));
  const side = Math.max(imageHeight, imageWidth);
  const shown = Math.min(Math.max(largest, side) * 1.04, 2.4 * side);
  const scale = picture / shown;
  const rectangle = (height: number, width: number) => {
    const [h, w] = [Math.min(height * scale, picture - 2), Math.min(width * scale, picture - 2)];
    return { x: (picture - w) / 2, y: (picture - h) / 2, w, h };
  };
  const image = rectangle(imageHeight, imageWidth);
  const shapes = frames.map(({ height: fieldHeight, width: fieldWidth }, index) => {
    const { x, y, w, h } = rectangle(fieldHeight, fieldWidth);
    const isCut = fieldHeight * scale > picture || fieldWidth * scale > picture;
    return html`<rect class="frame${isCut && ' cut'}" style="stroke:${hue(index, frames.length)}" x="${x.toFixed(1)}" y="${y.toFixed(1)}" width="${w.toFixed(1)}" height="${h.toFixed(1)}"/>`;
  });
  const legend = frames.map(
    ({ name, height, width }, index) =>
      html`<li><span class="stroke" style="background:${hue(index, frames.length)}"></span>${height}x${width} <span class="code">${name}</span></li>`,
  );
  const anyCut = frames.some(({ height: h, width: w }) => Math.max(h, w) * scale > picture);
  return html`<div class="overlay">
<svg class="chart" role="img" aria-label="Receptive fields around the middle of the image" viewBox="0 0 ${picture} ${picture}">
<rect class="image" x="${image.x.toFixed(1)}" y="${image.y.toFixed(1)}" width="${image.w.toFixed(1)}" height="${image.h.toFixed(1)}"/>
${shapes}</svg>
<ul>${legend}<li>image ${imageHeight}x${imageWidth}${anyCut && '; dashed frames go on outside'}</li></ul>
</div>`;
}

/** From light to strong blue, and orange for the last. */
function hue(index: number, count: number): string {
  return index === count - 1
    ? 'var(--wrong)'
    : `color-mix(in srgb, var(--training) ${35 + Math.round((65 * (index + 1)) / count)}%, var(--muted))`;
}

function growth({ layers, input }: Inspection): Promise<Markup> {
  const values = layers.flatMap(({ index, name, receptiveField }) =>
    receptiveField?.height === undefined
      ? []
      : [{ layer: index, height: receptiveField.height, text: `${name}: ${size(receptiveField)}` }],
  );
  const spec: TopLevelSpec = {
    width: 420,
    height: 260,
    autosize: { type: 'fit', contains: 'padding' },
    layer: [
      {
        data: { values: [{ height: input[1] }] },
        mark: { type: 'rule', strokeDash: [5, 4], color: 'var(--muted)', aria: false },
        encoding: { y: { field: 'height', type: 'quantitative' } },
      },
      {
        data: { values },
        mark: { type: 'line', interpolate: 'step-after', color: 'var(--training)', aria: false },
        encoding: {
          x: { field: 'layer', type: 'quantitative', title: 'layer', axis: { tickMinStep: 1 } },
          y: { field: 'height', type: 'quantitative', title: 'height of the field, pixels' },
        },
      },
    ],
  };
  return drawChart(spec, 'Height of the receptive field behind each layer');
}
