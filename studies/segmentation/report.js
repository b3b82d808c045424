// @ts-check
/** The table of docs/segmentation.md, from results.json. */

import { cost, hdcCheck } from 'tenfold';
import { percent } from '../study.js';
import { arms } from './arms.js';
import { side } from './shapes.js';

/** @typedef {{ arm: string, seed: number, losses: number[] } & ReturnType<import('./scores.js').Scores['result']>} Result */

/** @param {readonly Result[]} results */
export function table(results) {
  const header = [
    'network',
    'rates',
    'multiply-accumulates',
    'field',
    'read',
    'mean IoU',
    'small',
    'large',
    'pixels',
  ];
  const rows = arms.map((arm) => {
    const own = results.filter((result) => result.arm === arm.name);
    const share = (/** @type {(result: Result) => number} */ pick) => percent(own.map(pick));
    return [
      `${arm.name}`,
      arm.rates?.join(' ') ?? '',
      `${(multiplyAccumulates(arm) / 1e6).toFixed(1)} million`,
      ...coverage(arm.rates),
      share(({ meanIoU }) => meanIoU),
      share(({ smallIoU }) => smallIoU),
      share(({ largeIoU }) => largeIoU),
      share(({ pixelAccuracy }) => pixelAccuracy),
    ];
  });
  return [header, header.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

/** @param {import('./arms.js').Arm} arm */
export function multiplyAccumulates({ build }) {
  return cost(build, [1, side, side, 1]).multiplyAccumulates;
}

/**
 * How many pixels wide the field of a cell is, and how many of them are read: the stem's 3x3, then layers whose cells
 * are 2 pixels apart.
 *
 * @param {readonly number[]} [rates]
 */
function coverage(rates) {
  if (rates === undefined) return ['', ''];
  const { receptiveField, covered } = hdcCheck([1, ...rates.map((rate) => 2 * rate)]).vertical.coverage;
  return [`${receptiveField}`, `${covered}`];
}
