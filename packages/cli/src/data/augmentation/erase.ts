import type { Draws } from './_draws.js';
import type { Frame, Transform } from './_transform.js';

// A rectangle that fits is found sooner or later, unless the spec asks for hardly possible ones.
const tries = 100;
const narrowest = 0.3;

/**
 * Fills a random rectangle with random bytes, with a probability (Zhong et al. 2020, Random erasing data augmentation,
 * algorithm 1, variant RE-R): its share of the image between two bounds, its height over its width from 0.3 to 1 / 0.3.
 */
export const erase: Transform = {
  parameters: [
    { name: 'probability', least: 0, most: 1 },
    { name: 'smallest share', least: 0, most: 1, fallback: 0.02 },
    { name: 'largest share', least: 0, most: 1, fallback: 0.4 },
  ],
  rule: ([, smallest, largest]) =>
    smallest! > largest! ? `has a smallest share of ${smallest}, above its largest of ${largest}` : undefined,
  change([probability, smallest, largest], frame) {
    return (source, target, draws) => {
      if (draws.uniform(0, 1) >= probability!) return source;
      const hole = drawHole(draws, frame, smallest!, largest!);
      if (hole === undefined) return source;
      target.set(source);
      fill(target, frame, hole, draws);
      return target;
    };
  },
};

interface Hole {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

function drawHole(
  draws: Draws,
  { height, width }: Frame,
  smallest: number,
  largest: number,
): Hole | undefined {
  for (let attempt = 0; attempt < tries; attempt++) {
    const area = height * width * draws.uniform(smallest, largest);
    const aspect = draws.uniform(narrowest, 1 / narrowest);
    const holeHeight = Math.round(Math.sqrt(area * aspect));
    const holeWidth = Math.round(Math.sqrt(area / aspect));
    const top = draws.below(height);
    const left = draws.below(width);
    if (top + holeHeight <= height && left + holeWidth <= width) {
      return { top, left, height: holeHeight, width: holeWidth };
    }
  }
  return undefined;
}

function fill(target: Uint8Array, { width, channels }: Frame, hole: Hole, draws: Draws): void {
  const bytes = hole.width * channels;
  for (let y = hole.top; y < hole.top + hole.height; y++) {
    const start = (y * width + hole.left) * channels;
    let word = 0;
    for (let at = 0; at < bytes; at++) {
      word = at % 4 === 0 ? draws.word() : word >>> 8;
      target[start + at] = word & 255;
    }
  }
}
