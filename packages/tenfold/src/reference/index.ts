import * as abs from './abs.js';
import * as accumulate from './accumulate.js';
import * as adam from './adam.js';
import * as add from './add.js';
import * as avgPool2d from './avg-pool2d.js';
import * as batchNorm from './batch-norm.js';
import * as binaryCrossEntropyWithLogits from './binary-cross-entropy-with-logits.js';
import * as clamp from './clamp.js';
import * as clipGradNorm from './clip-grad-norm.js';
import * as concat from './concat.js';
import * as conv2d from './conv2d.js';
import * as crossEntropy from './cross-entropy.js';
import * as deformConv2d from './deform-conv2d.js';
import { referenceDevice } from './device.js';
import * as div from './div.js';
import * as dropout from './dropout.js';
import * as exp from './exp.js';
import * as exponentialMovingAverage from './exponential-moving-average.js';
import * as groupNorm from './group-norm.js';
import * as hardsigmoid from './hardsigmoid.js';
import * as hardswish from './hardswish.js';
import * as interpolate from './interpolate.js';
import * as layerNorm from './layer-norm.js';
import * as leakyRelu from './leaky-relu.js';
import * as log from './log.js';
import * as max from './max.js';
import * as maxPool2d from './max-pool2d.js';
import * as mse from './mse.js';
import * as mul from './mul.js';
import * as pad from './pad.js';
import * as permute from './permute.js';
import * as pow from './pow.js';
import * as relu from './relu.js';
import * as relu6 from './relu6.js';
import * as rmsprop from './rmsprop.js';
import * as sgd from './sgd.js';
import * as sigmoid from './sigmoid.js';
import * as silu from './silu.js';
import * as softmax from './softmax.js';
import * as sqrt from './sqrt.js';
import * as sub from './sub.js';
import * as sum from './sum.js';
import * as tanh from './tanh.js';
import * as topK from './top-k.js';

/** The reference device: exact, slow, and the judge of all others. */
export const reference = referenceDevice({
  ...abs,
  ...accumulate,
  ...adam,
  ...add,
  ...avgPool2d,
  ...batchNorm,
  ...binaryCrossEntropyWithLogits,
  ...clamp,
  ...clipGradNorm,
  ...concat,
  ...conv2d,
  ...crossEntropy,
  ...deformConv2d,
  ...dropout,
  ...exponentialMovingAverage,
  ...div,
  ...dropout,
  ...exp,
  ...interpolate,
  ...max,
  ...hardsigmoid,
  ...hardswish,
  ...leakyRelu,
  ...log,
  ...groupNorm,
  ...layerNorm,
  ...maxPool2d,
  ...mse,
  ...mul,
  ...pad,
  ...permute,
  ...pow,
  ...relu,
  ...rmsprop,
  ...relu6,
  ...sgd,
  ...sigmoid,
  ...silu,
  ...softmax,
  ...sqrt,
  ...sub,
  ...sum,
  ...topK,
  ...tanh,
});
