// @ts-check
/** How good a segmentation is: intersection over union of each class, everywhere and around shapes of each size. */

import { classNames } from './shapes.js';

const classes = classNames.length;

/** Counts pixels by region, true class and predicted class. */
export class Scores {
  #counts = new Float64Array(3 * classes * classes);

  /**
   * @param {ArrayLike<number>} labels
   * @param {ArrayLike<number>} predictions
   * @param {ArrayLike<number>} regions As `Shapes` has them
   */
  add(labels, predictions, regions) {
    for (let pixel = 0; pixel < labels.length; pixel++) {
      this.#counts[(regions[pixel] * classes + labels[pixel]) * classes + predictions[pixel]]++;
    }
  }

  /** The mean of all classes over all pixels, and that of the four shapes around small ones and around large ones. */
  result() {
    const [elsewhere, small, large] = [0, 1, 2].map((region) => this.#matrix([region]));
    const everywhere = this.#matrix([0, 1, 2]);
    const right = classNames.reduce((sum, _, at) => sum + everywhere[at][at], 0);
    const all = everywhere.flat().reduce((sum, count) => sum + count, 0);
    const perClass = intersectionsOverUnions(everywhere);
    return {
      meanIoU: mean(perClass),
      smallIoU: mean(intersectionsOverUnions(small).slice(1)),
      largeIoU: mean(intersectionsOverUnions(large).slice(1)),
      /** The share of pixels far from every shape that are taken for one. */
      strayShare:
        elsewhere[0].slice(1).reduce((sum, count) => sum + count, 0) /
        (elsewhere.flat().reduce((sum, count) => sum + count, 0) || 1),
      pixelAccuracy: right / all,
      perClass: Object.fromEntries(classNames.map((name, at) => [name, perClass[at]])),
    };
  }

  /**
   * Rows are the true class, columns the predicted one.
   *
   * @param {readonly number[]} regions
   */
  #matrix(regions) {
    return classNames.map((_, label) =>
      classNames.map((_, prediction) =>
        regions.reduce(
          (sum, region) => sum + this.#counts[(region * classes + label) * classes + prediction],
          0,
        ),
      ),
    );
  }
}

/**
 * Pixels that are of a class and are taken for it, of those that are one or the other; 0 if there are none.
 *
 * @param {readonly (readonly number[])[]} matrix
 */
function intersectionsOverUnions(matrix) {
  return matrix.map((row, at) => {
    const taken = matrix.reduce((sum, other) => sum + other[at], 0);
    const union = row.reduce((sum, count) => sum + count, 0) + taken - row[at];
    return union === 0 ? 0 : row[at] / union;
  });
}

/** @param {readonly number[]} values */
function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
