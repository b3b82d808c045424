import { mse } from 'tenfold';
import { pairwiseLossCases } from './_pairwise-loss.js';

export const cases = pairwiseLossCases(mse, 'even');
