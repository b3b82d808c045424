import type { Draws } from './_draws.js';
import { boxWidths, emptyField, type Field, sumBoxes, valueAt } from './_smooth.js';
import type { Transform } from './_transform.js';

/**
 * Moves each pixel by a smooth random field (Simard, Steinkraus and Platt 2003, Best practices for convolutional
 * neural networks, section 2): even numbers between -1 and 1, smoothed with a Gaussian of deviation sigma, times
 * alpha. Beyond the image the field is 0.
 */
export const elastic: Transform = {
  parameters: [
    { name: 'alpha in pixels', least: 0, most: 10_000 },
    { name: 'sigma in pixels', least: 1, most: 100 },
  ],
  move([alpha, sigma], { height, width }) {
    const boxes = boxWidths(sigma!);
    // The field is in whole numbers from -255 to 255, and the boxes sum where they should average.
    const scale = boxes.reduce((total, box) => total / (box * box), alpha! / 255);
    const right = emptyField(height, width, boxes);
    const down = emptyField(height, width, boxes);
    const spare = emptyField(height, width, boxes);
    return ({ x, y }, draws) => {
      for (const field of [right, down]) {
        drawField(field, draws);
        for (const box of boxes) sumBoxes(field, spare, box);
      }
      for (let pixel = 0; pixel < x.length; pixel++) {
        const fromX = x[pixel]!;
        const fromY = y[pixel]!;
        x[pixel] = fromX + scale * valueAt(right, fromX, fromY);
        y[pixel] = fromY + scale * valueAt(down, fromX, fromY);
      }
    };
  },
};

/** Odd numbers from -255 to 255; eight bits of a random word for each are enough for what is smoothed next. */
function drawField({ values, height, width, stride, first }: Field, draws: Draws): void {
  let word = 0;
  let drawn = 0;
  for (let y = 0; y < height; y++) {
    for (let at = first + y * stride; at < first + y * stride + width; at++) {
      word = drawn++ % 4 === 0 ? draws.word() : word >>> 8;
      values[at] = 2 * (word & 255) - 255;
    }
  }
}
