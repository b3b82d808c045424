import * as accumulate from './accumulate.js';
import * as adam from './adam.js';
import * as add from './add.js';
import * as batchNorm from './batch-norm.js';
import * as clipGradNorm from './clip-grad-norm.js';
import * as concat from './concat.js';
import * as conv2d from './conv2d.js';
import * as crossEntropy from './cross-entropy.js';
import { referenceDevice } from './device.js';
import * as dropout from './dropout.js';
import * as exponentialMovingAverage from './exponential-moving-average.js';
import * as flatten from './flatten.js';
import * as maxPool2d from './max-pool2d.js';
import * as mul from './mul.js';
import * as relu from './relu.js';
import * as rmsprop from './rmsprop.js';
import * as sgd from './sgd.js';
import * as softmax from './softmax.js';
import * as sum from './sum.js';

/** The reference device: exact, slow, and the judge of all others. */
export const reference = referenceDevice({
  ...accumulate,
  ...adam,
  ...add,
  ...batchNorm,
  ...clipGradNorm,
  ...concat,
  ...conv2d,
  ...crossEntropy,
  ...dropout,
  ...exponentialMovingAverage,
  ...flatten,
  ...maxPool2d,
  ...mul,
  ...relu,
  ...rmsprop,
  ...sgd,
  ...softmax,
  ...sum,
});
