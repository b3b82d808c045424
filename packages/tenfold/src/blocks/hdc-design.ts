/**
 * Rates for a given number of dilated K x K layers and a given receptive field, such that every pixel of the field is
 * read (see hybrid-dilated.ts) and read as evenly as can be.
 *
 * In rising order, r_1 = 1 and r_l <= 1 + (K - 1) (r_1 + ... + r_{l-1}) is necessary and sufficient: the layers before
 * cover an interval from 0, and a larger rate would leave the pixel behind its end unseen by all layers. So n layers reach
 * fields from 1 + (K - 1) n, all rates 1, to K^n, rates 1, K, K^2, ..., and every 1 + (K - 1) s between.
 *
 * Among the solutions the one wins whose numbers of paths to the pixels vary least (least sum of squares, their total
 * being K^n), and of equals the one with the smallest largest rate. The search goes through all rising rates and leaves
 * out what cannot win: each further layer multiplies the sum of squares at least by K; and once all further rates are at
 * least r, the r pixels at either end keep their counts, while the rest can at best share the remaining paths evenly.
 */

import { OptionError } from '../errors.js';
import { checkCount } from '../nn/_check.js';
import { type Pair, pair } from '../ops/_window.js';
import { countsAfter } from './_coverage.js';

export interface HdcDesignOptions {
  /** A number, or [height, width]. @default 3 */
  readonly kernelSize?: Pair;
  readonly layers: number;
  /** A number, or [height, width]. */
  readonly receptiveField: Pair;
}

/** After so many additions the search takes the best that it has found; 12 layers and a field of 1025 need a tenth. */
const mostAdditions = 100_000_000;
const mostLayers = 100;
const largestField = 1_000_000;

/**
 * The rates, rising; pairs [vertical, horizontal] if the axes differ. The order matters to no count: a sawtooth of the
 * same rates sees the same field.
 *
 * @throws OptionError for impossible numbers, and for a field that these layers cannot have without holes: it names the
 *   nearest that they can.
 */
export function hdcDesign({ kernelSize = 3, layers, receptiveField }: HdcDesignOptions): readonly Pair[] {
  const operator = 'hdcDesign';
  checkCount(operator, 'layers', layers);
  checkAtMost('layers', layers, mostLayers);
  const [kernelHeight, kernelWidth] = pair(operator, 'kernelSize', kernelSize, 1);
  const [fieldHeight, fieldWidth] = pair(operator, 'receptiveField', receptiveField, 1);
  checkAtMost('receptiveField', Math.max(fieldHeight, fieldWidth), largestField);
  const vertical = designAxis(kernelHeight, layers, fieldHeight);
  if (kernelHeight === kernelWidth && fieldHeight === fieldWidth) return vertical;
  const horizontal = designAxis(kernelWidth, layers, fieldWidth);
  return vertical.map((rate, layer) => [rate, horizontal[layer]!] as const);
}

function checkAtMost(name: string, value: number, most: number): void {
  if (value <= most) return;
  throw new OptionError(`${name} must be at most ${most}, not ${value}`, {
    operator: 'hdcDesign',
    rule: name,
    got: value,
    expected: `at most ${most}`,
  });
}

function designAxis(kernelSize: number, layers: number, field: number): number[] {
  const nearest = nearestField(kernelSize, layers, field);
  if (nearest !== field) {
    throw new OptionError(
      `${layers} layers with kernel ${kernelSize} have no receptive field of ${field} without holes; the nearest possible is ${nearest}`,
      { operator: 'hdcDesign', rule: 'receptive field', got: field, expected: nearest },
    );
  }
  if (kernelSize === 1) return new Array<number>(layers).fill(1);
  return mostEven(kernelSize, layers, (field - 1) / (kernelSize - 1));
}

/** Of two that are equally near the larger. */
function nearestField(kernelSize: number, layers: number, field: number): number {
  if (kernelSize === 1) return 1;
  const sum = Math.floor((field - 1) / (kernelSize - 1) + 0.5);
  let largest = 0;
  for (let layer = 0; layer < layers && largest < sum; layer++) largest = kernelSize * largest + 1;
  return 1 + (kernelSize - 1) * Math.max(layers, Math.min(sum, largest));
}

/** The rates with this sum; there is a solution, because `nearestField` said so. */
function mostEven(kernelSize: number, layers: number, total: number): number[] {
  const field = 1 + (kernelSize - 1) * total;
  const powers = [1];
  for (let layer = 0; layer < layers; layer++) powers.push(powers[layer]! * kernelSize);
  const paths = powers[layers]!;
  let best: readonly number[] = [];
  let least = Number.POSITIVE_INFINITY;
  let additions = 0;

  const visit = (chosen: readonly number[], sum: number, counts: Float64Array): void => {
    const left = layers - chosen.length;
    const smallest = left === 1 ? total - sum : (chosen.at(-1) ?? 1);
    const largest = Math.min(1 + (kernelSize - 1) * sum, Math.floor((total - sum) / left));
    let [edge, edgePaths, edgeSquares] = [0, 0, 0];
    for (let rate = smallest; rate <= largest; rate++) {
      for (; edge < rate; edge++) {
        edgePaths += counts[edge]!;
        edgeSquares += counts[edge]! * counts[edge]!;
      }
      if (!reaches(sum + rate, left - 1)) continue;
      if (additions > mostAdditions && best.length > 0) return;
      const [inner, innerPaths] = [field - 2 * rate, paths - 2 * edgePaths];
      if (inner > 0 && 2 * edgeSquares + (innerPaths * innerPaths) / inner > least) continue;
      additions += counts.length * kernelSize;
      const next = countsAfter(counts, rate, kernelSize);
      const bound = next.reduce((squares, count) => squares + count * count, 0) * powers[left - 1]!;
      if (bound > least || (bound === least && rate >= best.at(-1)!)) continue;
      if (left > 1) visit([...chosen, rate], sum + rate, next);
      else {
        least = bound;
        best = [...chosen, rate];
      }
    }
  };

  /** Whether so many layers can still make up the total. */
  const reaches = (sum: number, left: number): boolean => {
    let largest = sum;
    for (let layer = 0; layer < left && largest < total; layer++) largest = kernelSize * largest + 1;
    return largest >= total;
  };

  visit([], 0, Float64Array.of(1));
  return [...best];
}
