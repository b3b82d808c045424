import type { TypedArray } from 'tenfold';

/** The class with the highest score, for each image. */
export function winners(scores: TypedArray, images: number): Int32Array {
  const classes = scores.length / images;
  return Int32Array.from({ length: images }, (_, image) => {
    let best = 0;
    for (let index = 1; index < classes; index++) {
      if (scores[image * classes + index]! > scores[image * classes + best]!) best = index;
    }
    return best;
  });
}

/** How many images have the highest score for their own class. */
export function countCorrect(scores: TypedArray, labels: Int32Array): number {
  return winners(scores, labels.length).reduce(
    (count, winner, image) => count + (winner === labels[image] ? 1 : 0),
    0,
  );
}
