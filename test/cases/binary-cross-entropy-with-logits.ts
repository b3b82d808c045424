import { binaryCrossEntropyWithLogits } from 'tenfold';
import { pairwiseLossCases } from './_pairwise-loss.js';

export const cases = pairwiseLossCases(binaryCrossEntropyWithLogits, 'positive');
