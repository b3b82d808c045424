// @ts-check
/** The networks that are compared, at about equal cost unless a comment says otherwise. */

import {
  ContextModule,
  Conv2d,
  Conv2dNormActivation,
  contextRates,
  DilatedStack,
  interpolate,
  Module,
  models,
  Sequential,
} from 'tenfold';
import { classNames, side } from './shapes.js';

const channels = 16;
const numClasses = classNames.length;

/** Cells 2 pixels apart, layers that keep them so, a class for each cell, and bilinear interpolation to pixels. */
class Segmenter extends Module {
  /** @param {Module} body [N, H, W, channels] to the same shape */
  constructor(body) {
    super();
    this.stem = new Conv2dNormActivation(1, channels, { stride: 2 });
    this.body = body;
    this.classifier = new Conv2d(channels, numClasses, 1);
  }

  /**
   * @param {import('tenfold').Tensor} x
   * @override
   */
  forward(x) {
    const map = this.classifier.forward(this.body.forward(this.stem.forward(x)));
    return interpolate(map, { size: side, mode: 'bilinear' });
  }
}

/** @param {readonly number[]} rates */
const stack = (rates) => new DilatedStack(channels, channels, rates);

/** @param {readonly number[]} rates */
const thrice = (rates) => [...rates, ...rates, ...rates];

/**
 * @typedef {object} Arm
 * @property {string} name
 * @property {readonly number[]} [rates] Of the 3x3 behind the stem, where they are in a row
 * @property {() => Module} build
 */

/**
 * @param {string} name
 * @param {readonly number[]} rates
 * @returns {Arm}
 */
const stacked = (name, rates) => ({ name, rates, build: () => new Segmenter(stack(rates)) });

/** @type {readonly Arm[]} */
export const arms = [
  // A quarter of the cost of the others.
  stacked('front end', [1, 1]),
  stacked('plain', thrice([1, 1, 1])),
  stacked('uniform', thrice([2, 2, 2])),
  // Rates with a common factor, and the field of the hybrid ones.
  stacked('gridding', thrice([2, 2, 4])),
  stacked('hdc', thrice([1, 2, 5])),
  {
    name: 'context',
    rates: [1, 1, ...contextRates],
    build: () => new Segmenter(new Sequential(stack([1, 1]), new ContextModule(channels))),
  },
  // Widths that cost what the others do.
  {
    name: 'deeplabv3_small',
    build: () => models.deeplabv3_small({ numClasses, inChannels: 1, width: 0.75 }),
  },
  {
    name: 'hdc_resnet_small',
    build: () => models.hdc_resnet_small({ numClasses, inChannels: 1, width: 0.75 }),
  },
];
