/**
 * Receptive fields: which part of the image a layer can see, exact through branches, strides, dilation and skip
 * connections (Araujo, Norris and Sim 2019, "Computing Receptive Fields of Convolutional Neural Networks"). As in the
 * literature, a field is counted as if images had no borders, so it may be larger than the image; sizes are the largest
 * over all paths.
 *
 * Global pooling, squeeze-and-excitation and group normalisation see the whole image, whatever lies before them; beside
 * that the field of the other paths is given, the convolutional ones. Deformable convolutions look where the data tells
 * them; the field is that of their taps before they move.
 */

import { channelCount } from '../ops/_axes.js';
import type { Channels } from '../ops/_operator.js';
import { type ChannelSet, channelsToFollow, isOwn, isSameSet, readersOf, united } from './_channel-set.js';
import {
  type Interval,
  inputStrand,
  isSameStrands,
  merged,
  type Strand,
  strandsAt,
  through,
} from './_strand.js';
import { extents, greatestCommonDivisor, readingOf, sameReading, type Taps } from './_taps.js';
import type { Trace, TracedStep, TracedTensor } from './trace.js';

export interface ReceptiveField {
  /**
   * `fixed`: a part of the image of this size. `unbounded`: the whole image, through global pooling or the like.
   * `data-dependent`: deformable convolutions move it.
   */
  readonly kind: 'fixed' | 'unbounded' | 'data-dependent';
  /** Of the convolutional paths, in pixels of the input; undefined if there are none. */
  readonly height: number | undefined;
  readonly width: number | undefined;
  /**
   * [vertical, horizontal]: how many pixels further on the next output looks, 1/2 where images have grown twofold; undefined
   * where paths of different strides meet.
   */
  readonly stride: readonly [number, number] | undefined;
  /** [vertical, horizontal]: the first pixel that output 0 sees, if any; negative where it lies in the padding. */
  readonly start: readonly [number, number] | undefined;
}

/** Paths that meet in a step although their fields lie differently. */
export interface Misalignment {
  /** The index of the step in which they meet. */
  readonly step: number;
  /** [vertical, horizontal]: the largest distance between the centres of what two paths see, in pixels of the input. */
  readonly distance: readonly [number, number];
}

/** What some channels of a tensor see. */
interface Part {
  readonly channels: ChannelSet;
  /** Both empty if no path is convolutional. */
  readonly vertical: readonly Strand[];
  readonly horizontal: readonly Strand[];
  readonly everything: boolean;
  readonly moving: boolean;
}

export interface FieldsOfNetwork {
  /** By the tensor's index; undefined for what does not depend on the input. */
  readonly fields: readonly (ReceptiveField | undefined)[];
  readonly misaligned: readonly Misalignment[];
  /** The last tensor that convolutional paths lead to: in a classifier what its global pooling reads. */
  readonly featureMap: TracedTensor;
  /**
   * The part of the image that output [y, x] of a tensor sees through convolutional paths, as if images had no borders;
   * undefined if it sees nothing so.
   */
  readonly boxAt: (tensor: TracedTensor, y: number, x: number) => Box | undefined;
  /** After how many outputs of a tensor the same geometry comes again, [vertical, horizontal]. */
  readonly phases: (tensor: TracedTensor) => readonly [number, number];
}

/** Pixels from the first up to and including the last. */
export interface Box {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

export function receptiveFields(trace: Trace): FieldsOfNetwork {
  const parts: (readonly Part[])[] = trace.tensors.map(() => []);
  const misaligned: Misalignment[] = [];
  parts[trace.input.index] = [
    { channels: 'all', vertical: [inputStrand], horizontal: [inputStrand], everything: false, moving: false },
  ];
  const channelsOf = channelsToFollow(trace);
  for (const step of trace.steps) {
    const arriving = step.inputs.map((input, index) =>
      input === undefined ? [] : arrivals(step, index, channelsOf(step, index), parts[input.index]!),
    );
    const distance = distanceBetween(arriving, step.output);
    if (distance.some((side) => side > 0)) misaligned.push({ step: step.index, distance });
    const some = arriving.filter(({ length }) => length > 0);
    const result = some.length === 1 ? some[0]! : some.flat().reduce(joined, []);
    for (const output of [step.output, ...step.others]) parts[output.index] = result;
  }
  const fields = trace.tensors.map((tensor) => summary(parts[tensor.index]!, tensor));
  return {
    fields,
    misaligned,
    featureMap: lastFeatureMap(trace, fields),
    boxAt(tensor, y, x) {
      const { vertical, horizontal } = together(parts[tensor.index]!);
      const [rows, columns] = [strandsAt(vertical, y), strandsAt(horizontal, x)];
      if (isEmpty(rows) || isEmpty(columns)) return undefined;
      return { top: rows.first, bottom: rows.last, left: columns.first, right: columns.last };
    },
    phases(tensor) {
      const { vertical, horizontal } = together(parts[tensor.index]!);
      return [commonPeriod(vertical), commonPeriod(horizontal)];
    },
  };
}

/** What of an input's parts arrives in the result of a step. */
function arrivals(
  { operator, record, inputs, output }: TracedStep,
  index: number,
  channels: Channels,
  parts: readonly Part[],
): readonly Part[] {
  if (parts.length === 0) return parts;
  const input = inputs[index]!;
  const reading = readingOf(operator.field(record, index), input, output);
  const [inChannels, outChannels] = [channelCount(input.shape), channelCount(output.shape)];
  const isUnchanged =
    reading === sameReading &&
    (isOwn(channels, inChannels, outChannels) ||
      (parts.length === 1 && channels.kind === 'all' && parts[0]!.channels === 'all'));
  if (isUnchanged) return parts;
  const follow = (strands: readonly Strand[], taps: Taps | undefined) =>
    taps === undefined
      ? []
      : strands
          .map((strand) => through(strand, taps))
          .reduce<readonly Strand[]>((sum, strand) => merged(sum, [strand]), []);
  const arriving = channels.kind === 'all' ? [asOne(parts)] : parts;
  return arriving.reduce<readonly Part[]>((sum, part) => {
    const readers = readersOf(channels, part.channels, inChannels, outChannels);
    if (readers === undefined) return sum;
    return joined(sum, {
      channels: readers,
      vertical: follow(part.vertical, reading.vertical),
      horizontal: follow(part.horizontal, reading.horizontal),
      everything: part.everything || reading.everything,
      moving: part.moving || reading.moving,
    });
  }, []);
}

/** The parts with one more: of the same channels, it adds to what they see; with the same sight, to the channels. */
function joined(parts: readonly Part[], part: Part): readonly Part[] {
  const sameChannels = parts.findIndex((other) => isSameSet(other.channels, part.channels));
  if (sameChannels >= 0) return parts.with(sameChannels, both(parts[sameChannels]!, part));
  const sameSight = parts.findIndex((other) => isSameSight(other, part));
  if (sameSight < 0) return [...parts, part];
  return parts.with(sameSight, { ...part, channels: united(parts[sameSight]!.channels, part.channels) });
}

function both(a: Part, b: Part): Part {
  return {
    channels: a.channels,
    vertical: merged(a.vertical, b.vertical),
    horizontal: merged(a.horizontal, b.horizontal),
    everything: a.everything || b.everything,
    moving: a.moving || b.moving,
  };
}

function isSameSight(a: Part, b: Part): boolean {
  const isSame = a.everything === b.everything && a.moving === b.moving;
  return isSame && isSameStrands(a.vertical, b.vertical) && isSameStrands(a.horizontal, b.horizontal);
}

/** For operators in which every channel reads all. */
function asOne(parts: readonly Part[]): Part {
  return {
    channels: 'all',
    ...together(parts),
    everything: parts.some(({ everything }) => everything),
    moving: parts.some(({ moving }) => moving),
  };
}

type Sight = Pick<Part, 'vertical' | 'horizontal'>;

/** By the list of parts, which many tensors share. */
const sights = new WeakMap<readonly Part[], Sight>();

/** What all parts see. */
function together(parts: readonly Part[]): Sight {
  let sight = sights.get(parts);
  if (sight === undefined) {
    sight = {
      vertical: parts.reduce<readonly Strand[]>((sum, { vertical }) => merged(sum, vertical), []),
      horizontal: parts.reduce<readonly Strand[]>((sum, { horizontal }) => merged(sum, horizontal), []),
    };
    sights.set(parts, sight);
  }
  return sight;
}

function summary(parts: readonly Part[], tensor: TracedTensor): ReceptiveField | undefined {
  if (parts.length === 0) return undefined;
  const everything = parts.some((part) => part.everything);
  const moving = parts.some((part) => part.moving);
  const { vertical, horizontal } = together(parts);
  const [outHeight, outWidth] = extents(tensor);
  const hasPath = vertical.length > 0 && horizontal.length > 0;
  const [rows, columns] = [strideOf(vertical), strideOf(horizontal)];
  const [first, left] = [strandsAt(vertical, 0), strandsAt(horizontal, 0)];
  return {
    kind: everything ? 'unbounded' : moving ? 'data-dependent' : 'fixed',
    height: hasPath ? largest(vertical, outHeight) : undefined,
    width: hasPath ? largest(horizontal, outWidth) : undefined,
    stride: rows === undefined || columns === undefined ? undefined : [rows, columns],
    start: isEmpty(first) || isEmpty(left) ? undefined : [first.first, left.first],
  };
}

function isEmpty({ first, last }: Interval): boolean {
  return first > last;
}

function strideOf([strand, ...others]: readonly Strand[]): number | undefined {
  return strand === undefined || others.length > 0 ? undefined : strand.advance / strand.period;
}

/** The size of the part that an output sees, the largest over the outputs there are; of a single strand, over its phases. */
function largest(strands: readonly Strand[], outputs: number): number {
  const count = strands.length === 1 ? strands[0]!.period : outputs;
  let size = 0;
  for (let output = 0; output < count; output++) {
    const { first, last } = strandsAt(strands, output);
    size = Math.max(size, last - first + 1);
  }
  return size;
}

function commonPeriod(strands: readonly Strand[]): number {
  return strands.reduce(
    (period, strand) => (period * strand.period) / greatestCommonDivisor(period, strand.period),
    1,
  );
}

/** The largest distance between the centres of what arrives through different inputs. */
function distanceBetween(
  arriving: readonly (readonly Part[])[],
  output: TracedTensor,
): readonly [number, number] {
  const paths = arriving.map(together).filter(({ vertical }) => vertical.length > 0);
  if (paths.length < 2) return [0, 0];
  const [height, width] = extents(output);
  return [
    axisDistance(
      paths.map(({ vertical }) => vertical),
      height,
    ),
    axisDistance(
      paths.map(({ horizontal }) => horizontal),
      width,
    ),
  ];
}

function axisDistance(paths: readonly (readonly Strand[])[], outputs: number): number {
  if (paths.every((path) => isSameStrands(path, paths[0]!))) return 0;
  const isOneStride = paths.every(
    (path) => strideOf(path) === strideOf(paths[0]!) && strideOf(path) !== undefined,
  );
  const count = isOneStride ? Math.min(outputs, commonPeriod(paths.flat())) : outputs;
  let distance = 0;
  for (let output = 0; output < count; output++) {
    const centres = paths
      .map((path) => centre(strandsAt(path, output)))
      .filter((middle) => Number.isFinite(middle));
    if (centres.length > 1) distance = Math.max(distance, Math.max(...centres) - Math.min(...centres));
  }
  return distance;
}

function centre({ first, last }: Interval): number {
  return (first + last) / 2;
}

/** Back from the output to where convolutional paths end; of several such ends to the one that sees most. */
function lastFeatureMap(
  { output, steps, tensors, input }: Trace,
  fields: readonly (ReceptiveField | undefined)[],
): TracedTensor {
  const area = ({ index }: TracedTensor) => (fields[index]?.height ?? 0) * (fields[index]?.width ?? 0);
  const seen = new Set<number>();
  let best: TracedTensor | undefined;
  const visit = (tensor: TracedTensor): void => {
    if (seen.has(tensor.index) || !tensor.fromInput) return;
    seen.add(tensor.index);
    if (area(tensor) > 0) {
      if (best === undefined || area(tensor) > area(best)) best = tensor;
      return;
    }
    if (tensor.step === undefined) return;
    for (const one of steps[tensor.step]!.inputs) if (one !== undefined) visit(tensors[one.index]!);
  };
  visit(output);
  return best ?? input;
}
