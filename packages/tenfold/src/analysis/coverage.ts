/**
 * Which pixels of the image reach an output pixel, and by how many paths. A path goes through one tap of every window and
 * one branch of every fork; channels are taken together, but a path must be one that some channel can take. It is followed
 * back from the output through every operator, in two dimensions (a sum of a 1x3 and a 3x1 convolution is no product of two
 * axes), on images with borders. Where pixels among those that are reached are not reached themselves, the field is gridded
 * (Wang et al. 2018, section 3.2).
 *
 * Paths through global pooling, which reaches everything, are left out.
 */

import { ShapeError } from '../errors.js';
import { channelCount } from '../ops/_axes.js';
import { type ChannelSet, channelsToFollow, isSameSet, sourcesOf } from './_channel-set.js';
import { PathCounts } from './_path-counts.js';
import { extents, readingOf } from './_taps.js';
import type { Box, FieldsOfNetwork } from './receptive-field.js';
import type { Trace, TracedTensor } from './trace.js';

/** What one output pixel reads. */
export interface PixelCoverage {
  /** [row, column] in its feature map. */
  readonly pixel: readonly [number, number];
  /** The smallest box around all pixels that are reached: the receptive field, as far as image and padding let it. */
  readonly box: Box;
  /** How many pixels there are in the box, and how many of them are reached. */
  readonly pixels: number;
  readonly covered: number;
  /** Paths to each pixel of the box, row by row. */
  readonly counts: PathCounts;
}

export interface Coverage {
  /** The pixels that were looked at: one in the middle for every phase of the output. */
  readonly phases: number;
  readonly worst: PixelCoverage;
}

/** The part of a tensor's channels from which so many paths lead on to each pixel. */
interface Demand {
  readonly channels: ChannelSet;
  readonly counts: PathCounts;
}

/**
 * What output pixel [y, x] of `tensor` reads of the network's input.
 *
 * @param isKnown Asked of every tensor that all paths go through, with the pixels of it that they go through; where the
 *   answer is yes, the result is undefined.
 * @returns Undefined, too, if no path leads there but through global pooling.
 * @throws ShapeError if there is no such pixel.
 */
export function coverageOfPixel(
  trace: Trace,
  fields: FieldsOfNetwork,
  tensor: TracedTensor,
  [y, x]: readonly [number, number],
  isKnown: (passage: string) => boolean = () => false,
): PixelCoverage | undefined {
  const [outHeight, outWidth] = extents(tensor);
  if (!(y >= 0 && y < outHeight && x >= 0 && x < outWidth)) {
    throw new ShapeError(`pixel [${y}, ${x}] lies outside of ${outHeight} by ${outWidth}`, {
      operator: 'coverage',
      rule: 'pixel',
      got: [y, x],
      expected: [outHeight - 1, outWidth - 1],
    });
  }
  if (fields.boxAt(tensor, y, x) === undefined) return undefined;
  const counts = followBack(trace, tensor, PathCounts.one(y, x), isKnown);
  return counts === 'known' ? undefined : examined([y, x], counts);
}

function followBack(
  trace: Trace,
  tensor: TracedTensor,
  start: PathCounts,
  isKnown: (passage: string) => boolean,
): PathCounts | 'known' {
  const channelsOf = channelsToFollow(trace);
  const wanted = new Map<number, readonly Demand[]>([[tensor.index, [{ channels: 'all', counts: start }]]]);
  for (const step of trace.steps.toReversed()) {
    for (const output of [step.output, ...step.others]) {
      const demands = wanted.get(output.index);
      if (demands === undefined) continue;
      const [only, ...more] = demands;
      const isPassage =
        wanted.size === 1 && more.length === 0 && only!.counts.height * only!.counts.width <= 64;
      if (isPassage && isKnown(`${output.index} ${only!.counts.support()}`)) return 'known';
      wanted.delete(output.index);
      step.inputs.forEach((input, index) => {
        if (!input?.fromInput) return;
        const { vertical, horizontal } = readingOf(step.operator.field(step.record, index), input, output);
        if (vertical === undefined || horizontal === undefined) return;
        const channels = channelsOf(step, index);
        const [height, width] = extents(input);
        for (const demand of demands) {
          const sources = sourcesOf(
            channels,
            demand.channels,
            channelCount(input.shape),
            channelCount(output.shape),
          );
          const counts = sources && demand.counts.through(vertical, horizontal, height, width);
          if (counts === undefined) continue;
          wanted.set(input.index, joined(wanted.get(input.index) ?? [], { channels: sources!, counts }));
        }
      });
    }
  }
  const demands = wanted.get(trace.input.index) ?? [];
  return demands.map(({ counts }) => counts).reduce((a, b) => a.plus(b), new PathCounts(0, 0, 0, 0));
}

function joined(demands: readonly Demand[], demand: Demand): readonly Demand[] {
  const place = demands.findIndex(({ channels }) => isSameSet(channels, demand.channels));
  if (place < 0) return [...demands, demand];
  return demands.with(place, { ...demand, counts: demands[place]!.counts.plus(demand.counts) });
}

function examined(pixel: readonly [number, number], counts: PathCounts): PixelCoverage {
  const box = counts.hull();
  let covered = 0;
  for (let row = box.top; row <= box.bottom; row++) {
    for (let column = box.left; column <= box.right; column++) if (counts.has(row, column)) covered++;
  }
  const pixels = (box.bottom - box.top + 1) * (box.right - box.left + 1);
  return { pixel, box, pixels, covered, counts };
}

/**
 * Coverage of a feature map: of its pixels in the middle, where borders matter least, the one that leaves most pixels of
 * its field unread; one for every way in which neighbouring outputs read differently.
 *
 * @param tensor The feature map. @default the last one
 * @returns Undefined if no path leads there but through global pooling.
 */
export function coverage(
  trace: Trace,
  fields: FieldsOfNetwork,
  tensor: TracedTensor = fields.featureMap,
): Coverage | undefined {
  const [height, width] = extents(tensor);
  const [vertical, horizontal] = fields.phases(tensor);
  const [rows, columns] = [middle(height, vertical), middle(width, horizontal)];
  const seen = new Set<string>();
  const isKnown = (passage: string) => {
    if (seen.has(passage)) return true;
    seen.add(passage);
    return false;
  };
  let worst: PixelCoverage | undefined;
  for (const y of rows) {
    for (const x of columns) {
      const found = coverageOfPixel(trace, fields, tensor, [y, x], isKnown);
      const unread = (one: PixelCoverage) => one.pixels - one.covered;
      if (found !== undefined && (worst === undefined || unread(found) > unread(worst))) worst = found;
    }
  }
  return worst && { phases: rows.length * columns.length, worst };
}

/** As many outputs around the middle as there are phases. */
function middle(side: number, phases: number): number[] {
  const count = Math.min(side, phases);
  const first = Math.floor(side / 2) - Math.floor(count / 2);
  return Array.from({ length: count }, (_, index) => first + index);
}
