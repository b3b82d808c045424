/**
 * Which part of the input the outputs of a network read, along one axis without ends. The part of output o begins at
 * first(o) and ends at last(o), and both repeat: `period` outputs further on lies the same part, `advance` inputs further
 * on. A network whose images only shrink has period 1 and the advance is its stride (Araujo, Norris and Sim 2019,
 * "Computing Receptive Fields of Convolutional Neural Networks", equations 1 to 4); where images grow, neighbouring
 * outputs read differently. Paths of different strides to one output make several strands.
 */

import { greatestCommonDivisor, ownPixel, periodOf, positionsAt, type Taps } from './_taps.js';

export interface Strand {
  readonly period: number;
  readonly advance: number;
  /** Of outputs 0 to `period` - 1; Infinity and -Infinity where an output reads nothing. */
  readonly first: readonly number[];
  readonly last: readonly number[];
}

export interface Interval {
  readonly first: number;
  readonly last: number;
}

export const nothing: Interval = { first: Number.POSITIVE_INFINITY, last: Number.NEGATIVE_INFINITY };

/** Each pixel of the input itself. */
export const inputStrand: Strand = { period: 1, advance: 1, first: [0], last: [0] };

export function strandAt({ period, advance, first, last }: Strand, output: number): Interval {
  const turns = Math.floor(output / period);
  const phase = output - turns * period;
  return { first: first[phase]! + turns * advance, last: last[phase]! + turns * advance };
}

/** What all strands together read. */
export function strandsAt(strands: readonly Strand[], output: number): Interval {
  return strands.reduce((sum, strand) => hull(sum, strandAt(strand, output)), nothing);
}

export function hull(a: Interval, b: Interval): Interval {
  return { first: Math.min(a.first, b.first), last: Math.max(a.last, b.last) };
}

/** The strand behind one more window. */
export function through(strand: Strand, taps: Taps): Strand {
  if (taps === ownPixel) return strand;
  const window = periodOf(taps);
  const turns = strand.period / greatestCommonDivisor(strand.period, window.shift);
  const period = window.period * turns;
  const advance = ((turns * window.shift) / strand.period) * strand.advance;
  return tabulated(period, advance, (output) =>
    positionsAt(taps, output).reduce((sum, position) => hull(sum, strandAt(strand, position)), nothing),
  );
}

function tabulated(period: number, advance: number, at: (output: number) => Interval): Strand {
  const intervals = Array.from({ length: period }, (_, output) => at(output));
  return {
    period,
    advance,
    first: intervals.map(({ first }) => first),
    last: intervals.map(({ last }) => last),
  };
}

/** Both together; those of one stride become one strand. */
export function merged(a: readonly Strand[], b: readonly Strand[]): readonly Strand[] {
  if (a === b || b.length === 0) return a;
  const strands = [...a];
  for (const strand of b) {
    const place = strands.findIndex(
      (other) => other.advance * strand.period === strand.advance * other.period,
    );
    if (place < 0) strands.push(strand);
    else strands[place] = union(strands[place]!, strand);
  }
  return strands;
}

function union(a: Strand, b: Strand): Strand {
  if (isSame(a, b)) return a;
  if (a.period === 1 && b.period === 1) {
    const { first, last } = hull(
      { first: a.first[0]!, last: a.last[0]! },
      { first: b.first[0]!, last: b.last[0]! },
    );
    return { ...a, first: [first], last: [last] };
  }
  const period = (a.period * b.period) / greatestCommonDivisor(a.period, b.period);
  const advance = (a.advance * period) / a.period;
  return tabulated(period, advance, (output) => hull(strandAt(a, output), strandAt(b, output)));
}

function isSame(a: Strand, b: Strand): boolean {
  if (a === b) return true;
  if (a.period !== b.period || a.advance !== b.advance) return false;
  return a.first.every((value, phase) => value === b.first[phase] && a.last[phase] === b.last[phase]);
}

export function isSameStrands(a: readonly Strand[], b: readonly Strand[]): boolean {
  return a === b || (a.length === b.length && a.every((strand, index) => isSame(strand, b[index]!)));
}
