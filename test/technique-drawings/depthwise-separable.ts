/** Who reads whom in a dense convolution and in a separable one; the number of lines times their weights is the cost. */

import { column, dots, lines, picture, text } from './_drawing.js';

const channels = 6;
const top = 66;
const all = () => true;

export function draw(): string {
  const [from, to] = [column(70, top, channels), column(230, top, channels)];
  const [input, between, output] = [390, 530, 690].map((x) => column(x, top, channels)) as [
    typeof from,
    typeof from,
    typeof from,
  ];
  const below = top + 20 * channels + 12;
  return picture(760, below + 26, 'A dense convolution, and a depthwise one followed by a 1x1', [
    text(150, 26, 'dense 3x3', { kind: 'title' }),
    text(460, 26, 'depthwise 3x3', { kind: 'title' }),
    text(610, 26, '1x1', { kind: 'title' }),
    text(150, 46, 'each line has 9 weights', { kind: 'muted' }),
    text(460, 46, '9 weights', { kind: 'muted' }),
    text(610, 46, '1 weight', { kind: 'muted' }),
    ...lines(from, to, all, () => 'blue', true),
    ...lines(
      input,
      between,
      (a, b) => a === b,
      () => 'blue',
      true,
    ),
    ...lines(between, output, all, () => 'orange'),
    ...[from, to, input, between, output].flatMap((each) => dots(each, () => ['rule'])),
    text(150, below, `${channels ** 2} x 9 = ${channels ** 2 * 9} weights`),
    text(540, below, `${channels} x 9 + ${channels ** 2} x 1 = ${channels * 9 + channels ** 2} weights`),
  ]);
}
