/**
 * Which pixels a stack of dilated convolutions reads, along one axis. Layer l adds t * r_l to the position, t = 0 ...
 * K - 1, so the positions of the field are the sums, and the number of paths to a position is the number of ways to make
 * that sum: the coefficients of the product over l of (1 + x^(r_l) + ... + x^((K - 1) r_l)). The order of the layers does
 * not matter.
 */

/** The size of the field: 1 + (K - 1) * the sum of the rates. */
export function fieldOf(rates: readonly number[], kernelSize: number): number {
  return 1 + (kernelSize - 1) * rates.reduce((sum, rate) => sum + rate, 0);
}

/** For each position of the field the number of paths that lead there. */
export function pathCounts(rates: readonly number[], kernelSize: number): Float64Array {
  return rates.reduce(
    (counts, rate) => countsAfter(counts, rate, kernelSize),
    Float64Array.of(1) as Float64Array,
  );
}

/** The counts with one more layer. */
export function countsAfter(counts: Float64Array, rate: number, kernelSize: number): Float64Array {
  const next = new Float64Array(counts.length + (kernelSize - 1) * rate);
  for (let tap = 0; tap < kernelSize; tap++) {
    for (let position = 0; position < counts.length; position++) {
      next[position + tap * rate]! += counts[position]!;
    }
  }
  return next;
}
