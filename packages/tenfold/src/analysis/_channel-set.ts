/** Sets of channels of a tensor, and what becomes of them through an operator. */

import { channelCount } from '../ops/_axes.js';
import { allChannels, type Channels } from '../ops/_operator.js';
import type { Trace, TracedStep } from './trace.js';

/** All of them, or the members. */
export type ChannelSet = 'all' | Members;

interface Members {
  /** 1 for each member. */
  readonly bits: Uint8Array;
  readonly first: number;
  readonly size: number;
}

export function includes(set: ChannelSet, channel: number): boolean {
  return set === 'all' || set.bits[channel] === 1;
}

/** The channels of an output of `outChannels` that read a channel in `set`; undefined if none does. */
export function readersOf(
  channels: Channels,
  set: ChannelSet,
  inChannels: number,
  outChannels: number,
): ChannelSet | undefined {
  if (channels.kind === 'all') return 'all';
  if (channels.kind === 'groups') return groupsOf(set, channels.groups, outChannels);
  if (channels.kind === 'offset') return moved(set, inChannels, outChannels, channels.offset);
  const readers = new Uint8Array(outChannels);
  for (let channel = 0; channel < outChannels; channel++) {
    if (channels.list(channel).some((source) => includes(set, source))) readers[channel] = 1;
  }
  return simplified(readers);
}

/** The channels of an input of `inChannels` that are read by a channel in `set`; undefined if none is. */
export function sourcesOf(
  channels: Channels,
  set: ChannelSet,
  inChannels: number,
  outChannels: number,
): ChannelSet | undefined {
  if (channels.kind === 'all') return 'all';
  if (channels.kind === 'groups') return groupsOf(set, channels.groups, inChannels);
  if (channels.kind === 'offset') return moved(set, outChannels, inChannels, 0 - channels.offset);
  const sources = new Uint8Array(inChannels);
  for (let channel = 0; channel < outChannels; channel++) {
    if (!includes(set, channel)) continue;
    for (const source of channels.list(channel)) sources[source] = 1;
  }
  return simplified(sources);
}

/** The members, of `channels` in as many groups, of the groups that hold a member of `set`. */
function groupsOf(set: ChannelSet, groups: number, channels: number): ChannelSet {
  if (set === 'all' || groups === 1) return 'all';
  const touched = new Uint8Array(groups);
  const { bits } = set;
  for (let channel = 0; channel < bits.length; channel++) {
    if (bits[channel]) touched[Math.floor((channel * groups) / bits.length)] = 1;
  }
  const result = new Uint8Array(channels);
  for (let channel = 0; channel < channels; channel++) {
    result[channel] = touched[Math.floor((channel * groups) / channels)]!;
  }
  return simplified(result)!;
}

/** Those c < `channels` for which c + offset < `given` is in `set`. */
function moved(set: ChannelSet, given: number, channels: number, offset: number): ChannelSet | undefined {
  const first = Math.max(0, 0 - offset);
  const end = Math.min(channels, given - offset);
  if (first >= end) return undefined;
  if (set === 'all' && first === 0 && end === channels) return set;
  if (offset === 0 && given === channels) return set;
  const result = new Uint8Array(channels);
  if (set === 'all') result.fill(1, first, end);
  else result.set(set.bits.subarray(first + offset, end + offset), first);
  return simplified(result);
}

function simplified(bits: Uint8Array): ChannelSet | undefined {
  const first = bits.indexOf(1);
  if (first < 0) return undefined;
  let size = 0;
  for (let channel = first; channel < bits.length; channel++) size += bits[channel]!;
  return size === bits.length ? 'all' : { bits, first, size };
}

export function isSameSet(a: ChannelSet, b: ChannelSet): boolean {
  if (a === b) return true;
  if (a === 'all' || b === 'all' || a.first !== b.first || a.size !== b.size) return false;
  return a.bits.every((member, channel) => member === b.bits[channel]);
}

export function united(a: ChannelSet, b: ChannelSet): ChannelSet {
  if (a === 'all' || b === 'all') return 'all';
  return simplified(a.bits.map((member, channel) => member | b.bits[channel]!))!;
}

/** Whether every channel reads the one at its own place, and no other. */
export function isOwn(channels: Channels, inChannels: number, outChannels: number): boolean {
  return channels.kind === 'offset' && channels.offset === 0 && inChannels === outChannels;
}

/**
 * How to follow channels through a network. Where no operator leaves channels out, as a split does, every channel of a
 * tensor goes on, and what all outputs read together does not depend on who reads which: they may be taken as one.
 */
export function channelsToFollow({ steps }: Trace): (step: TracedStep, input: number) => Channels {
  const channelsOf = ({ operator, record }: TracedStep, input: number) => operator.channels(record, input);
  const leavesOut = (step: TracedStep) =>
    step.inputs.some(
      (input, index) =>
        input?.fromInput &&
        sourcesOf(
          channelsOf(step, index),
          'all',
          channelCount(input.shape),
          channelCount(step.output.shape),
        ) !== 'all',
    );
  return steps.some(leavesOut) ? channelsOf : () => allChannels;
}
