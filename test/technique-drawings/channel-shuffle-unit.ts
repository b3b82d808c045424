/** Two group convolutions without a shuffle between them, and with one; dots have the colours of the inputs they know. */

import { type Colour, type Column, colours, column, dots, lines, picture, text } from './_drawing.js';

const [channels, groups] = [12, 3];
const size = channels / groups;
const groupOf = (channel: number) => Math.floor(channel / size);
/** Which channel the shuffle puts here. */
const shuffled = (channel: number) => (channel % groups) * size + Math.floor(channel / groups);
const top = 66;

const inGroups = (to: number, from: number) => groupOf(to) === groupOf(from);
const own = (channel: number): readonly Colour[] => [colours[groupOf(channel)]!];

function convolution(from: Column, to: Column, colour: (from: number) => Colour): string[] {
  return lines(from, to, inGroups, (_, input) => colour(input));
}

export function draw(): string {
  const plain = [60, 180, 300].map((x) => column(x, top, channels)) as [Column, Column, Column];
  const mixed = [410, 530, 630, 750].map((x) => column(x, top, channels)) as [Column, Column, Column, Column];
  const colour = (channel: number) => own(channel)[0]!;
  const dealt = (channel: number) => colour(shuffled(channel));
  const known = (channel: number) =>
    colours.filter((each) =>
      Array.from({ length: channels }, (_, input) => input).some(
        (input) => inGroups(channel, input) && dealt(input) === each,
      ),
    );
  return picture(810, top + 20 * channels + 8, 'Group convolutions without and with a channel shuffle', [
    text(180, 26, 'without shuffle', { kind: 'title' }),
    text(580, 26, 'with shuffle', { kind: 'title' }),
    ...[120, 240, 470, 690].map((x) => text(x, 48, '1x1 in 3 groups', { kind: 'muted' })),
    text(580, 48, 'shuffle', { kind: 'muted' }),
    ...convolution(plain[0], plain[1], colour),
    ...convolution(plain[1], plain[2], colour),
    ...plain.flatMap((each) => dots(each, own)),
    ...convolution(mixed[0], mixed[1], colour),
    ...lines(
      mixed[1],
      mixed[2],
      (to, from) => shuffled(to) === from,
      (_, from) => colour(from),
    ),
    ...convolution(mixed[2], mixed[3], dealt),
    ...mixed.slice(0, 2).flatMap((each) => dots(each, own)),
    ...dots(mixed[2], (channel) => [dealt(channel)]),
    ...dots(mixed[3], known),
  ]);
}
