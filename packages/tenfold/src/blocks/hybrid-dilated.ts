/**
 * Hybrid Dilated Convolution (Wang et al. 2018, "Understanding convolution for semantic segmentation", section 3.2):
 * which rates r_1 ... r_n of dilated K x K convolutions in a row leave pixels unseen ("gridding")? Three answers:
 *
 * - The recursion. M_n = r_n, M_i = max(M_{i+1} - 2 r_i, M_{i+1} - 2 (M_{i+1} - r_i), r_i) bounds the distance between
 *   two pixels that layer i reads; M_2 <= K is wanted. [1, 2, 5] has M_2 = 2, [1, 2, 9] has 5.
 * - Common factors. The rates of a group must not share a factor above 1: with [2, 4, 8] half the rows are never read.
 * - Coverage, counted: is every pixel of the field 1 + (K - 1) * sum of r_i a sum of taps?
 *
 * Only the third is exact, and it decides. The paper's rules are meant for one group of rising rates; over the sawtooth
 * [1, 2, 5, 1, 2, 5], which it recommends, the recursion would give M_2 = 5, so it is applied to each group here. It
 * accepts [2, 2, 2], which sees 7 of 13 positions. Of the 1,000 triples of rates from 1 to 10, each taken as one group, at
 * K = 3, it accepts 143 that have holes (119 with the common-factor rule) and refuses 38 that have none; for the 55 rising
 * triples that begin with 1 it is exact. Rates cost nothing: parameters and multiply-accumulates are those of the undilated stack.
 *
 * A field without holes is not yet a good one: a stack of large rates may see small objects through few taps only.
 */

import { OptionError } from '../errors.js';
import { type Pair, pair } from '../ops/_window.js';
import { fieldOf, pathCounts } from './_coverage.js';

export interface HdcFinding {
  readonly ok: boolean;
  readonly reason: string;
}

/** Rates that do not fall, in the order of the layers. */
export interface HdcGroup {
  readonly rates: readonly number[];
  /** M_1 ... M_n. */
  readonly maximumDistances: readonly number[];
  /** M_2 <= K; a group of one layer has no M_2, and the recursion nothing against it. */
  readonly recursion: HdcFinding;
  /** Whether the rates share a factor above 1. */
  readonly commonFactor: HdcFinding & { readonly factor: number };
}

export interface HdcCoverage extends HdcFinding {
  readonly receptiveField: number;
  /** How many positions of the field are read. */
  readonly covered: number;
  /** The positions that are not, counted from 0 at one end of the field. */
  readonly holes: readonly number[];
  /** For each position of the field how many paths lead there; the more even, the more evenly pixels count. */
  readonly paths: readonly number[];
}

/** One axis of the image. */
export interface HdcAxis {
  readonly rates: readonly number[];
  readonly kernelSize: number;
  readonly groups: readonly HdcGroup[];
  readonly coverage: HdcCoverage;
}

export interface HdcReport extends HdcFinding {
  readonly vertical: HdcAxis;
  readonly horizontal: HdcAxis;
}

/** A field of more positions than this is refused: nobody means it, and it would be counted position by position. */
const largestField = 1_000_000;

/**
 * Examines the rates of all dilated layers on the way from the input: `ok` says whether every pixel of the receptive
 * field is read.
 *
 * @param rates One for each layer, a number or [vertical, horizontal].
 * @throws OptionError if there is no rate, for rates or kernel sizes that are not whole numbers from 1 up, or for a field
 *   of over a million pixels.
 */
export function hdcCheck(rates: readonly Pair[], kernelSize: Pair = 3): HdcReport {
  const operator = 'hdcCheck';
  if (rates.length === 0) {
    throw new OptionError('there must be at least one rate', {
      operator,
      rule: 'rates',
      got: rates,
      expected: 'at least one',
    });
  }
  const pairs = rates.map((rate) => pair(operator, 'rate', rate, 1));
  const [height, width] = pair(operator, 'kernelSize', kernelSize, 1);
  const vertical = checkAxis(
    pairs.map(([down]) => down),
    height,
  );
  const horizontal = checkAxis(
    pairs.map(([, right]) => right),
    width,
  );
  const same =
    vertical.kernelSize === horizontal.kernelSize &&
    vertical.rates.every((rate, layer) => rate === horizontal.rates[layer]);
  const reason = same
    ? verdict(vertical)
    : `vertically, ${verdict(vertical)}; horizontally, ${verdict(horizontal)}`;
  return { ok: vertical.coverage.ok && horizontal.coverage.ok, reason, vertical, horizontal };
}

function checkAxis(rates: readonly number[], kernelSize: number): HdcAxis {
  const field = fieldOf(rates, kernelSize);
  if (field > largestField) {
    throw new OptionError(
      `rates [${rates.join(', ')}] with kernel ${kernelSize} have a field of ${field}, more than ${largestField}`,
      { operator: 'hdcCheck', rule: 'receptive field', got: field, expected: `at most ${largestField}` },
    );
  }
  return {
    rates,
    kernelSize,
    groups: risingGroups(rates).map((group) => checkGroup(group, kernelSize)),
    coverage: countCoverage(rates, kernelSize),
  };
}

/** A new group begins wherever the rate falls. */
function risingGroups(rates: readonly number[]): number[][] {
  const groups: number[][] = [];
  rates.forEach((rate, layer) => {
    if (layer === 0 || rate < rates[layer - 1]!) groups.push([]);
    groups.at(-1)!.push(rate);
  });
  return groups;
}

function checkGroup(rates: readonly number[], kernelSize: number): HdcGroup {
  const maximumDistances = hdcDistances(rates);
  const second = maximumDistances[1];
  const factor = rates.reduce(greatestCommonDivisor);
  const list = `[${rates.join(', ')}]`;
  return {
    rates,
    maximumDistances,
    recursion:
      second === undefined
        ? { ok: true, reason: `${list} is a single layer, which has no M_2` }
        : {
            ok: second <= kernelSize,
            reason: `${list} has M_2 = ${second}, ${second <= kernelSize ? 'at most' : 'more than'} the kernel size ${kernelSize}`,
          },
    commonFactor: {
      factor,
      ok: factor === 1,
      reason: factor === 1 ? `${list} has no common factor` : `${list} has the common factor ${factor}`,
    },
  };
}

/** M_1 ... M_n of the paper's equation 2, for rates that are taken as one group. */
export function hdcDistances(rates: readonly number[]): number[] {
  const distances = [...rates];
  for (let layer = rates.length - 2; layer >= 0; layer--) {
    const [rate, later] = [rates[layer]!, distances[layer + 1]!];
    distances[layer] = Math.max(later - 2 * rate, later - 2 * (later - rate), rate);
  }
  return distances;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

function countCoverage(rates: readonly number[], kernelSize: number): HdcCoverage {
  const paths = [...pathCounts(rates, kernelSize)];
  const holes = paths.flatMap((count, position) => (count === 0 ? [position] : []));
  const receptiveField = paths.length;
  const covered = receptiveField - holes.length;
  return {
    ok: holes.length === 0,
    reason:
      holes.length === 0
        ? `all ${receptiveField} positions of the field are read`
        : `${covered} of ${receptiveField} positions of the field are read`,
    receptiveField,
    covered,
    holes,
    paths,
  };
}

/** What coverage says, and where the rules say otherwise. */
function verdict({ groups, coverage }: HdcAxis): string {
  const against = groups.flatMap(({ recursion, commonFactor }) =>
    [recursion, commonFactor].filter(({ ok }) => !ok).map(({ reason }) => reason),
  );
  const rules = against.join(' and ');
  if (coverage.ok) return against.length > 0 ? `${coverage.reason}, although ${rules}` : coverage.reason;
  return against.length > 0
    ? `${coverage.reason}: ${rules}`
    : `${coverage.reason}, although the recursion and the common factors have nothing against it`;
}
