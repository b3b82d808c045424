import { type AppliedOperator, cost, models } from 'tenfold';
import type { LayerSummary, ModelSummary } from '../report/run-record.js';

/**
 * What the network is made of and what it costs, for one image.
 *
 * @throws ShapeError if images of this size do not fit the network.
 */
export function modelSummary(name: string, options: object, imageShape: readonly number[]): ModelSummary {
  const { applications, parameters, multiplyAccumulates } = cost(
    () => models.create(name, options),
    [1, ...imageShape],
  );
  return { name, parameters, multiplyAccumulates, layers: applications.map(layerSummary) };
}

function layerSummary({
  operator,
  module,
  parameters,
  record,
  outputShape,
  cost,
}: AppliedOperator): LayerSummary {
  const detail = detailOf(record as Readonly<Record<string, unknown>>);
  return {
    ...(module === undefined ? {} : { name: module }),
    operator,
    ...(detail === '' ? {} : { detail }),
    outputShape,
    parameters,
    multiplyAccumulates: cost.multiplyAccumulates,
  };
}

/** What an operator's record says about its geometry: `3x3, stride 2, 32 to 64`. */
function detailOf(record: Readonly<Record<string, unknown>>): string {
  const pair = (name: string) => [record[`${name}Height`], record[`${name}Width`]];
  const [kernel, stride, dilation] = [pair('kernel'), pair('stride'), pair('dilation')];
  const { groups, inChannels, outChannels } = record;
  // A linear layer is a 1x1 convolution of rows.
  const isWindow = kernel[0] !== undefined && !('xShape' in record);
  return [
    ...(isWindow ? [kernel.join('x')] : []),
    ...(isWindow && stride.some((step) => step !== 1) ? [`stride ${both(stride)}`] : []),
    ...(isWindow && dilation.some((step) => step !== 1) ? [`dilation ${both(dilation)}`] : []),
    ...(typeof groups === 'number' && groups > 1 ? [`${groups} groups`] : []),
    ...(outChannels === undefined ? [] : [`${inChannels} to ${outChannels}`]),
  ].join(', ');
}

function both([height, width]: readonly unknown[]): string {
  return height === width ? `${height}` : `${height}x${width}`;
}
