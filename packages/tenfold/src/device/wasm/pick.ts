/**
 * Which kernel computes what an operator asks for: a pure function of the record, never of threads, caches or the
 * machine, because another kernel may round differently.
 */

interface ConvolutionRecord {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly groups: number;
}

const isDepthwise = ({ inChannels, outChannels, groups }: ConvolutionRecord) =>
  groups > 1 && groups === inChannels && groups === outChannels;

const depthwise: Readonly<Record<string, string>> = {
  conv2d: 'depthwiseConv2d',
  conv2dInputGradient: 'depthwiseConv2dInputGradient',
  conv2dWeightGradient: 'depthwiseConv2dWeightGradient',
};

export function pick(kernel: string, record: object): string {
  const special = depthwise[kernel];
  return special !== undefined && isDepthwise(record as ConvolutionRecord) ? special : kernel;
}
