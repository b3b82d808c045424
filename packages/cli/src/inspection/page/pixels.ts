import { html, type Markup } from '../../report/markup.js';
import { pictureUrl } from '../../report/picture.js';

export type Colour = readonly [red: number, green: number, blue: number, opacity: number];

/** What has no value: outside of what is shown. */
export const nothing: Colour = [0, 0, 0, 0];
/** What stands out: holes. */
export const striking: Colour = [213, 94, 0, 255];

const light = [205, 226, 242] as const;
const strong = [8, 62, 120] as const;

/** From light to strong blue, for shares from 0 to 1. */
export function blue(share: number): Colour {
  const mixed = light.map((from, index) => Math.round(from + (strong[index]! - from) * share));
  return [mixed[0]!, mixed[1]!, mixed[2]!, 255];
}

/** A picture of so many cells, drawn at least as large as it is read, its pixels sharp. */
export function pixelPicture(
  height: number,
  width: number,
  colourAt: (row: number, column: number) => Colour,
  description: string,
): Markup {
  const pixels = new Uint8Array(height * width * 4);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++)
      pixels.set(colourAt(row, column), (row * width + column) * 4);
  }
  const url = pictureUrl({ pixels, width, height, channels: 4 });
  return html`<img class="pixels" style="aspect-ratio:${width}/${height}" src="${url}" alt="${description}" width="${width}" height="${height}">`;
}
