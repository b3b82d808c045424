/** What is usually done to the images of well-known data sets. */

import type { Preprocessing } from './_publish.js';

/** torchvision's for ImageNet: scaled to 256 pixels, of which 224 remain, normalised by the data set's statistics. */
export const imagenet: Preprocessing = {
  resize: 256,
  crop: 224,
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
};

/** The Inception papers' way: pixels from -1 to 1. */
export const inception: Pick<Preprocessing, 'mean' | 'std'> = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] };

/** The statistics of CIFAR-10's training images. */
export const cifar10: Preprocessing = { mean: [0.4914, 0.4822, 0.4465], std: [0.247, 0.2435, 0.2616] };

/** The statistics of MNIST's training images. */
export const mnist: Preprocessing = { mean: [0.1307], std: [0.3081] };

/** For colour images whose statistics nobody has measured: pixels from -1 to 1. */
export const unprepared: Preprocessing = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] };
