/**
 * Densely connected networks for small images. `densenet_40_12` and the compact `densenet_bc_100_12` are those of Huang
 * et al. 2017, section 4, for CIFAR-10: three blocks, 40 or 100 layers in all, growth rate 12. Parameters and
 * multiply-accumulates for one image of 32x32:
 *
 *   densenet_40_12  1,019,722 and 264,812,928      densenet_bc_100_12  769,162 and 287,929,692
 *
 * `densenet_tiny` is compact, with blocks of 3, 4 and 6 layers behind a stem that halves the image.
 */

import { cifar10, mnist } from './_preprocessing.js';
import { publish } from './_publish.js';
import { DenseNet, type DenseNetOptions, type DenseNetPlan } from './densenet.js';

function cifarDenseNet(name: string, plan: DenseNetPlan) {
  return publish<DenseNetOptions, DenseNet>({
    name,
    paper: 'Huang et al. 2017, Densely Connected Convolutional Networks, section 4',
    input: { height: 32, width: 32, channels: 3 },
    preprocessing: cifar10,
    defaults: { numClasses: 10, inChannels: 3, growthRate: 12, dropRate: 0 },
    build: (options) => new DenseNet({ stem: '3x3', ...plan }, options),
  });
}

export const densenet_40_12 = cifarDenseNet('densenet_40_12', {
  layers: [12, 12, 12],
  initial: 16,
  compact: false,
});
export const densenet_bc_100_12 = cifarDenseNet('densenet_bc_100_12', { layers: [16, 16, 16] });

/** 111,016 parameters and 6,535,992 multiply-accumulates for one image of 28x28x1. */
export const densenet_tiny = publish<DenseNetOptions, DenseNet>({
  name: 'densenet_tiny',
  paper: 'after Huang et al. 2017, Densely Connected Convolutional Networks',
  input: { height: 28, width: 28, channels: 1 },
  preprocessing: mnist,
  defaults: { numClasses: 10, inChannels: 1, growthRate: 12, dropRate: 0 },
  build: (options) => new DenseNet({ layers: [3, 4, 6], stem: '3x3 of stride 2' }, options),
});
