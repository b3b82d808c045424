import type { EpochRecord, RunRecord, TestResult } from './run-record.js';

/** One kind of wrong answer. */
export interface ConfusedPair {
  readonly trueClass: number;
  readonly predictedClass: number;
  readonly images: number;
  /** Of all images of the true class. */
  readonly share: number;
}

/** Every kind of wrong answer that was given, the most frequent first. */
export function confusedPairs({ confusion, perClass }: TestResult): ConfusedPair[] {
  return confusion
    .flatMap((row, trueClass) =>
      row.map((images, predictedClass) => ({
        trueClass,
        predictedClass,
        images,
        share: images / perClass[trueClass]!.images,
      })),
    )
    .filter(({ trueClass, predictedClass, images }) => trueClass !== predictedClass && images > 0)
    .sort((first, second) => second.images - first.images || second.share - first.share);
}

/** The classes' numbers, weakest first; those without test images last. */
export function weakestFirst({ perClass }: TestResult): number[] {
  const accuracy = (index: number) => perClass[index]!.accuracy ?? 2;
  return [...perClass.keys()].sort((first, second) => accuracy(first) - accuracy(second));
}

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** Where the true rate lies with 95 % confidence, when `successes` of `trials` were seen (Wilson 1927). */
export function wilsonInterval(successes: number, trials: number): Interval {
  const z = 1.96;
  const rate = successes / trials;
  const centre = rate + (z * z) / (2 * trials);
  const spread = z * Math.sqrt((rate * (1 - rate)) / trials + (z * z) / (4 * trials * trials));
  const scale = 1 + (z * z) / trials;
  return { low: Math.max(0, (centre - spread) / scale), high: Math.min(1, (centre + spread) / scale) };
}

/** The epoch whose weights count: the best one, or the last one when none is named. */
export function decidingEpoch({ history, bestEpoch }: RunRecord): EpochRecord | undefined {
  return history.find(({ epoch }) => epoch === bestEpoch) ?? history.at(-1);
}

/** A class's name; one without a name is called by its number. */
export function className({ data }: Pick<RunRecord, 'data'>, index: number): string {
  return data.classes[index]?.trim() || `class ${index}`;
}
