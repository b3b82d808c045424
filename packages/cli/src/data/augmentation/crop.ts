import { OptionError } from 'tenfold';
import type { Frame, Transform } from './_transform.js';

/** Pads the image with black on every side and cuts a piece of the image's size from anywhere in that. */
export const crop: Transform = {
  parameters: [{ name: 'padding', least: 1, most: 1024, whole: true }],
  change([padding], frame) {
    const side = Math.min(frame.height, frame.width);
    if (padding! >= side) {
      throw new OptionError(
        `crop pads by ${padding}, but the images are ${frame.height} x ${frame.width}; ` +
          `expected less than ${side}`,
        { operator: 'augmentation', rule: 'crop', got: padding, expected: side - 1 },
      );
    }
    const places = 2 * padding! + 1;
    return (source, target, draws) =>
      shift(source, target, frame, draws.below(places) - padding!, draws.below(places) - padding!);
  },
};

/** Moves the picture up by `down` rows and left by `right` columns, as a window does that moves down and right. */
export function shift(
  source: Uint8Array,
  target: Uint8Array,
  { height, width, channels }: Frame,
  down: number,
  right: number,
): Uint8Array {
  const row = width * channels;
  const offset = right * channels;
  const first = Math.min(row, Math.max(0, -offset));
  const end = Math.max(first, Math.min(row, row - offset));
  target.fill(0);
  for (let y = Math.max(0, -down); y < Math.min(height, height - down); y++) {
    const from = (y + down) * row + offset;
    const to = y * row;
    for (let at = first; at < end; at++) target[to + at] = source[from + at]!;
  }
  return target;
}
