import type { Frame, Transform } from './_transform.js';

/** Mirrors the image left to right with a probability. */
export const flip: Transform = {
  parameters: [{ name: 'probability', least: 0, most: 1, fallback: 0.5 }],
  change([probability], frame) {
    return (source, target, draws) =>
      draws.uniform(0, 1) < probability! ? mirror(source, target, frame) : source;
  },
};

export function mirror(
  source: Uint8Array,
  target: Uint8Array,
  { height, width, channels }: Frame,
): Uint8Array {
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = (y * width + x) * channels;
      const to = (y * width + width - 1 - x) * channels;
      for (let channel = 0; channel < channels; channel++) target[to + channel] = source[from + channel]!;
    }
  }
  return target;
}
