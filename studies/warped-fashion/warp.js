// Warped Fashion-MNIST: every picture is turned, moved, scaled, sheared and bent once, by amounts drawn from one seed, and
// stays so in every epoch and every run. The first pictures of the training and the test files are taken, in their order.

import { augmenter, parseAugmentation } from '../../packages/cli/dist/data/augmentation/index.js';
import { openDataSet } from '../../packages/cli/dist/data/index.js';

const seed = 20260117;
/** 45 degrees, a tenth of the side, 30 % of the size and 15 degrees of shear, each way; then smooth bends. */
const warps = 'affine:45:0.1:0.3:15,elastic:34:4';
const counts = { train: 12_000, test: 5_000 };

/** @returns two sets of images as the command's data part has them, and the normalisation of the first. */
export async function warpedFashion() {
  const { train, test } = await openDataSet('fashion-mnist');
  const warped = { train: warp(train, 0, counts.train), test: warp(test, 1, counts.test) };
  return { ...warped, normalisation: normalisationOf(warped.train.images) };
}

/** The two sets draw different warps: `part` stands in for the epoch. */
function warp(set, part, count) {
  const bytes = set.height * set.width * set.channels;
  const change = augmenter(parseAugmentation(warps), set, seed);
  const images = new Uint8Array(count * bytes);
  for (let index = 0; index < count; index++) {
    const image = set.images.subarray(index * bytes, (index + 1) * bytes);
    images.set(change(image, part, index), index * bytes);
  }
  return { ...set, images, labels: set.labels.slice(0, count), count };
}

function normalisationOf(bytes) {
  const mean = bytes.reduce((sum, byte) => sum + byte, 0) / bytes.length / 255;
  const squares = bytes.reduce((sum, byte) => sum + (byte / 255 - mean) ** 2, 0);
  return { mean: [mean], std: [Math.sqrt(squares / bytes.length)] };
}
