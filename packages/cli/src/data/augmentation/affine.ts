import { cosPi } from 'tenfold';
import type { Grid } from './_grid.js';
import type { Frame, Transform } from './_transform.js';

/** Turns, moves, scales and shears the image about its middle, each by an even random amount. */
export const affine: Transform = {
  parameters: [
    { name: 'degrees', least: 0, most: 180 },
    { name: 'translation (a share of the side)', least: 0, most: 1, fallback: 0 },
    { name: 'scale (more or less by this share)', least: 0, most: 0.9, fallback: 0 },
    { name: 'shear in degrees', least: 0, most: 60, fallback: 0 },
  ],
  move([degrees, translation, scale, shear], frame) {
    return (grid, draws) =>
      turn(grid, frame, {
        degrees: draws.uniform(-degrees!, degrees!),
        right: draws.uniform(-translation!, translation!) * frame.width,
        down: draws.uniform(-translation!, translation!) * frame.height,
        scale: draws.uniform(1 - scale!, 1 + scale!),
        shear: draws.uniform(-shear!, shear!),
      });
  },
};

export interface Turn {
  /** Clockwise. */
  readonly degrees: number;
  /** In pixels. */
  readonly right: number;
  readonly down: number;
  readonly scale: number;
  /** By how many degrees upright lines lean to the left. */
  readonly shear: number;
}

export function turn({ x, y }: Grid, { height, width }: Frame, amounts: Turn): void {
  const { degrees, right, down, scale, shear } = amounts;
  const cos = cosPi(degrees / 180);
  const sin = sinPi(degrees / 180);
  const lean = sinPi(shear / 180) / cosPi(shear / 180);
  // Where a pixel comes from: the inverse of the rotation, then of the shear [1 lean; 0 1], then of the scale.
  const xByX = (cos + lean * sin) / scale;
  const xByY = (sin - lean * cos) / scale;
  const yByX = -sin / scale;
  const yByY = cos / scale;
  const middleX = (width - 1) / 2;
  const middleY = (height - 1) / 2;
  for (let pixel = 0; pixel < x.length; pixel++) {
    const fromX = x[pixel]! - middleX - right;
    const fromY = y[pixel]! - middleY - down;
    x[pixel] = middleX + xByX * fromX + xByY * fromY;
    y[pixel] = middleY + yByX * fromX + yByY * fromY;
  }
}

function sinPi(x: number): number {
  return cosPi(x - 0.5);
}
