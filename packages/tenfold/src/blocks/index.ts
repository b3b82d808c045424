export type { Activation, MakeLayer } from './_parts.js';
export { ASPP, type ASPPOptions } from './aspp.js';
export { BottleneckStack, type BottleneckStackOptions } from './bottleneck.js';
export {
  type Shuffle,
  ShuffleUnit,
  type ShuffleUnitOptions,
  ShuffleUnitV2,
  type ShuffleUnitV2Options,
} from './channel-shuffle-unit.js';
export {
  type ComposableLayer,
  type ComposedKernel,
  composeKernels,
  type KernelValues,
} from './compose-kernels.js';
export { ContextModule, type ContextModuleOptions, contextRates, contextWidths } from './context-module.js';
export { BasicConv2d, Conv2dNormActivation, type ConvNormActivationOptions } from './conv-norm-activation.js';
export { DeformableConv, type DeformableConvOptions, ResampledConv } from './deformable.js';
export { compressedChannels, DenseBlock, DenseLayer, type DenseOptions, Transition } from './dense.js';
export { DenseUpsampling, type DenseUpsamplingOptions } from './dense-upsampling.js';
export {
  DepthwiseSeparable,
  type DepthwiseSeparableOptions,
  SeparableConv2d,
  XceptionBlock,
  type XceptionBlockOptions,
} from './depthwise-separable.js';
export { DilatedStack, type DilatedStackOptions } from './dilated.js';
export { type HdcDesignOptions, hdcDesign } from './hdc-design.js';
export {
  type HdcAxis,
  type HdcCoverage,
  type HdcFinding,
  type HdcGroup,
  type HdcReport,
  hdcCheck,
  hdcDistances,
} from './hybrid-dilated.js';
export { Inception, InceptionPaper, type InceptionWidths } from './inception.js';
export {
  InceptionA,
  InceptionB,
  InceptionC,
  InceptionD,
  InceptionE,
  type InceptionV3Width,
} from './inception-v3.js';
export {
  InvertedResidual,
  type InvertedResidualOptions,
  InvertedResidualV3,
  type InvertedResidualV3Options,
  mobileNetV3SqueezeExcitation,
} from './inverted-residual.js';
export {
  PreActivationBasicBlock,
  PreActivationBottleneck,
  type PreActivationOptions,
} from './pre-activation.js';
export {
  BasicBlock,
  Bottleneck,
  type BottleneckOptions,
  type MakeConvolution,
  Residual,
  type ResidualOptions,
} from './residual.js';
export { projectionShortcut, type Shortcut, zeroPaddedShortcut } from './shortcut.js';
export {
  SqueezeExcitation,
  type SqueezeExcitationOptions,
  SqueezeExcited,
} from './squeeze-and-excitation.js';
export { StackedSmallKernels, type StackedSmallKernelsOptions } from './stacked-small-kernels.js';
export { linearDecay, StochasticDepth } from './stochastic-depth.js';
