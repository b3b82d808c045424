/** Channels as bars, with the weights between them. */

import { picture, text } from './_drawing.js';

const [many, few, side] = [256, 64, 3];
const scale = 0.42;

interface Layer {
  readonly label: string;
  readonly from: number;
  readonly to: number;
  readonly weights: number;
}

const layer = (kernel: number, from: number, to: number): Layer => ({
  label: `${kernel}x${kernel}`,
  from,
  to,
  weights: kernel * kernel * from * to,
});

/** A row of layers from left to right around the height y. */
function row(x: number, y: number, width: number, layers: readonly Layer[]): string[] {
  const bar = (at: number, channels: number) => {
    const high = channels * scale;
    return [
      `<rect x="${at - 4}" y="${y - high / 2}" width="8" height="${high}" fill="var(--blue)"/>`,
      text(at, y - high / 2 - 6, `${channels}`),
    ];
  };
  const bars = [layers[0]!.from, ...layers.map(({ to }) => to)].flatMap((channels, place) =>
    bar(x + place * width, channels),
  );
  const between = layers.flatMap(({ label, from, to, weights }, place) => {
    const [left, right] = [x + place * width + 4, x + (place + 1) * width - 4];
    const [a, b] = [(from * scale) / 2, (to * scale) / 2];
    return [
      `<path class="panel" d="M ${left} ${y - a} L ${right} ${y - b} V ${y + b} L ${left} ${y + a} Z"/>`,
      text((left + right) / 2, y + 5, label, { kind: 'title' }),
      text((left + right) / 2, y + 80, `${weights.toLocaleString('en-US')} weights`, { kind: 'muted' }),
    ];
  });
  return [...between, ...bars];
}

export function draw(): string {
  const dense = [layer(side, many, many)];
  const bottleneck = [layer(1, many, few), layer(side, few, few), layer(1, few, many)];
  const sum = (layers: readonly Layer[]) =>
    layers.reduce((total, { weights }) => total + weights, 0).toLocaleString('en-US');
  return picture(640, 370, 'A 3x3 convolution, and a bottleneck in its place', [
    ...row(60, 92, 450, dense),
    ...row(60, 272, 150, bottleneck),
    text(530, 97, `${sum(dense)}`, { kind: 'title', anchor: 'start' }),
    text(530, 277, `${sum(bottleneck)}`, { kind: 'title', anchor: 'start' }),
  ]);
}
