/**
 * Which channels reach which: of one tensor and a later one, wherever in the image. Groups of a convolution without a
 * shuffle stand as blocks, in which nothing of the other groups arrives (Zhang et al. 2018, ShuffleNet, figure 1).
 */

import { channelCount } from '../ops/_axes.js';
import type { Trace, TracedTensor } from './trace.js';

export interface Connectivity {
  readonly inChannels: number;
  readonly outChannels: number;
  /** How many of the inChannels * outChannels pairs are connected. */
  readonly connected: number;
  readonly complete: boolean;
  /** The number of parts into which the channels of both sides fall so that nothing goes from one part to another. */
  readonly parts: number;
  readonly reaches: (input: number, output: number) => boolean;
}

/** Sets of channels of the first tensor, a bit each. Channels that see the same share one. */
type Sources = Uint32Array;

/**
 * How the channels of `from` reach those of `to`.
 *
 * @param from @default the network's input
 * @param to @default the network's output
 */
export function connectivity(
  { steps, input, output }: Trace,
  from: TracedTensor = input,
  to: TracedTensor = output,
): Connectivity {
  const inChannels = channelCount(from.shape);
  const words = Math.ceil(inChannels / 32);
  const none: Sources = new Uint32Array(words);
  const sources = new Map<number, readonly Sources[]>();
  const own = Array.from({ length: inChannels }, (_, channel) => {
    const set = new Uint32Array(words);
    set[channel >> 5] = 1 << (channel & 31);
    return set;
  });
  sources.set(from.index, own);
  for (const step of steps.slice(from.step === undefined ? 0 : from.step + 1, (to.step ?? -1) + 1)) {
    const outChannels = channelCount(step.output.shape);
    let result: readonly Sources[] | undefined;
    step.inputs.forEach((one, index) => {
      const given = one && sources.get(one.index);
      if (given === undefined) return;
      const channels = step.operator.channels(step.record, index);
      const read = readBy(channels, given, outChannels, none);
      result = result === undefined ? read : pairwise(result, read, none);
    });
    if (result === undefined) continue;
    for (const made of [step.output, ...step.others]) sources.set(made.index, result);
  }
  const reached = sources.get(to.index) ?? new Array<Sources>(channelCount(to.shape)).fill(none);
  return summary(reached, inChannels);
}

function readBy(
  channels: ReturnType<Trace['steps'][number]['operator']['channels']>,
  given: readonly Sources[],
  outChannels: number,
  none: Sources,
): readonly Sources[] {
  if (channels.kind === 'all') return new Array<Sources>(outChannels).fill(union(given, none));
  if (channels.kind === 'groups') {
    const { groups } = channels;
    const perGroup = given.length / groups;
    const unions = Array.from({ length: groups }, (_, group) =>
      union(given.slice(group * perGroup, (group + 1) * perGroup), none),
    );
    return Array.from(
      { length: outChannels },
      (_, channel) => unions[Math.floor((channel * groups) / outChannels)]!,
    );
  }
  if (channels.kind === 'offset') {
    return Array.from({ length: outChannels }, (_, channel) => given[channel + channels.offset] ?? none);
  }
  return Array.from({ length: outChannels }, (_, channel) =>
    union(
      channels.list(channel).map((source) => given[source]!),
      none,
    ),
  );
}

function union(sets: readonly Sources[], none: Sources): Sources {
  const distinct = new Set(sets);
  distinct.delete(none);
  const [first, ...others] = distinct;
  if (first === undefined) return none;
  if (others.length === 0) return first;
  const sum = first.slice();
  for (const set of others) for (let word = 0; word < sum.length; word++) sum[word]! |= set[word]!;
  return sum;
}

/** The unions of sets at the same places; equal pairs share one. */
function pairwise(a: readonly Sources[], b: readonly Sources[], none: Sources): readonly Sources[] {
  const made = new Map<Sources, Map<Sources, Sources>>();
  return a.map((one, channel) => {
    const other = b[channel]!;
    const row = made.get(one) ?? new Map<Sources, Sources>();
    made.set(one, row);
    const sum = row.get(other) ?? union([one, other], none);
    row.set(other, sum);
    return sum;
  });
}

function summary(reached: readonly Sources[], inChannels: number): Connectivity {
  const reaches = (input: number, output: number) =>
    ((reached[output]![input >> 5]! >> (input & 31)) & 1) === 1;
  const sizes = new Map<Sources, number>();
  for (const set of new Set(reached)) sizes.set(set, ones(set));
  const connected = reached.reduce((sum, set) => sum + sizes.get(set)!, 0);
  return {
    inChannels,
    outChannels: reached.length,
    connected,
    complete: connected === inChannels * reached.length,
    parts: partsOf(sizes, inChannels),
    reaches,
  };
}

function ones(set: Sources): number {
  let count = 0;
  for (const word of set) for (let rest = word; rest !== 0; rest &= rest - 1) count++;
  return count;
}

/** Joins channels that meet in one output until nothing more is joined (union-find). */
function partsOf(sizes: ReadonlyMap<Sources, number>, inChannels: number): number {
  const parent = Array.from({ length: inChannels }, (_, channel) => channel);
  const root = (channel: number): number => {
    while (parent[channel] !== channel) channel = parent[channel] = parent[parent[channel]!]!;
    return channel;
  };
  const connected = new Set<number>();
  for (const [set] of sizes) {
    let first = -1;
    for (let channel = 0; channel < inChannels; channel++) {
      if (((set[channel >> 5]! >> (channel & 31)) & 1) === 0) continue;
      connected.add(channel);
      if (first < 0) first = channel;
      else parent[root(channel)] = root(first);
    }
  }
  return new Set([...connected].map(root)).size;
}
