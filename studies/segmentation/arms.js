// @ts-check
/** The networks that are compared, at equal cost unless their description says otherwise. */

import {
  ContextModule,
  Conv2d,
  Conv2dNormActivation,
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
 * @property {string} what
 * @property {readonly number[]} [rates] Of the 3x3 behind the stem, where they are in a row
 * @property {() => Module} build
 */

/**
 * @param {string} name
 * @param {string} what
 * @param {readonly number[]} rates
 * @returns {Arm}
 */
const stacked = (name, what, rates) => ({ name, what, rates, build: () => new Segmenter(stack(rates)) });

/** @type {readonly Arm[]} */
export const arms = [
  stacked('front end', 'two 3x3 without dilation, at a quarter of the cost', [1, 1]),
  stacked('plain', 'nine 3x3 without dilation', thrice([1, 1, 1])),
  stacked('uniform', 'nine 3x3 of rate 2', thrice([2, 2, 2])),
  stacked('gridding', 'nine 3x3 whose rates have the factor 2, with the field of HDC', thrice([2, 2, 4])),
  stacked('hdc', 'nine 3x3 of hybrid rates', thrice([1, 2, 5])),
  {
    name: 'context',
    what: 'the front end and the context module, which begins as the identity',
    rates: [1, 1, 1, 1, 2, 4, 8, 16, 1],
    build: () => new Segmenter(new Sequential(stack([1, 1]), new ContextModule(channels))),
  },
  {
    name: 'deeplabv3_small',
    what: 'residual blocks, atrous spatial pyramid; cells 4 pixels apart',
    build: () => models.deeplabv3_small({ numClasses, inChannels: 1, width: 0.75 }),
  },
  {
    name: 'hdc_resnet_small',
    what: 'residual blocks of hybrid rates, dense upsampling; cells 4 pixels apart',
    build: () => models.hdc_resnet_small({ numClasses, inChannels: 1, width: 0.75 }),
  },
];
