/**
 * Which kernel computes what an operator asks for: a pure function of the record, never of threads, caches or the
 * machine, because another kernel may round differently.
 */

interface ConvolutionRecord {
  readonly batch: number;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly groups: number;
  readonly inHeight: number;
  readonly inWidth: number;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly strideHeight: number;
  readonly strideWidth: number;
  readonly dilationHeight: number;
  readonly dilationWidth: number;
  readonly paddingTop: number;
  readonly paddingLeft: number;
}

export interface PickOptions {
  /** Whether every result must be a sum of products of the operands themselves. @default false */
  readonly exact?: boolean;
}

const convolutions: readonly string[] = ['conv2d', 'conv2dInputGradient', 'conv2dWeightGradient'];

/** The kernel that the wasm device runs for `kernel` with this record. */
export function pick(kernel: string, record: object, { exact = false }: PickOptions = {}): string {
  if (!convolutions.includes(kernel)) return kernel;
  const convolution = record as ConvolutionRecord;
  if (isDepthwise(convolution)) return variant('depthwise', kernel);
  if (kernel === 'conv2dWeightGradient' && isInSmallGroups(convolution)) return variant('grouped', kernel);
  if (isOfFewRows(convolution)) return variant('fewRows', kernel);
  return !exact && isPlain3x3(convolution) && pays(kernel, convolution)
    ? variant('winograd', kernel)
    : kernel;
}

const variant = (prefix: string, kernel: string) => `${prefix}${kernel[0]!.toUpperCase()}${kernel.slice(1)}`;

const isDepthwise = ({ inChannels, outChannels, groups }: ConvolutionRecord) =>
  groups > 1 && groups === inChannels && groups === outChannels;

/** Of at most four output channels, and of input channels in fours. */
const isInSmallGroups = ({ inChannels, outChannels, groups }: ConvolutionRecord) =>
  groups > 1 && (inChannels / groups) % 4 === 0 && outChannels / groups <= 4;

/** So few pixels use each weight that preparing the weights, or partial sums of their gradient, would take longer. */
const mostRows = 16;
const isOfFewRows = (record: ConvolutionRecord) => {
  const rows = record.batch * record.outHeight * record.outWidth;
  return rows > 0 && rows <= mostRows && isPlain1x1(record);
};

/** Unpadded, as the sides that stay the same tell. */
const isPlain1x1 = (record: ConvolutionRecord) =>
  record.kernelHeight === 1 &&
  record.kernelWidth === 1 &&
  record.outHeight === record.inHeight &&
  record.outWidth === record.inWidth &&
  record.strideHeight === 1 &&
  record.strideWidth === 1 &&
  record.groups === 1;

const isPlain3x3 = (record: ConvolutionRecord) =>
  record.kernelHeight === 3 &&
  record.kernelWidth === 3 &&
  record.strideHeight === 1 &&
  record.strideWidth === 1 &&
  record.groups === 1;

/** Transformed weights are 36 floats for each pair of channels. They may take half a gibibyte. */
const pairsIn = (mebibytes: number) => (mebibytes * 1024 * 1024) / (36 * 4);
const mostPairs = pairsIn(512);
/** More of them than a core's cache holds take longer to transform. */
const cachedPairs = pairsIn(4);

/**
 * Whether Winograd's method is the faster one. A tile of it takes 36 products for each pair of channels, as many as four
 * results take one by one. To them come its transforms, once for each channel, and in gradients those of the weights,
 * which each step changes: in such products as they take on an x86-64 server, fitted to a thousand measured records.
 * Tiles, channels and the results of one image come in fours; the tiles and results of a weight gradient are summed one by
 * one. Four results for each pixel, or fewer, take no more products than they are when they are computed one by one.
 */
function pays(kernel: string, record: ConvolutionRecord): boolean {
  const { outHeight, outWidth, inHeight, inWidth, inChannels, outChannels } = record;
  if (inChannels * outChannels > mostPairs) return false;
  const isInputGradient = kernel === 'conv2dInputGradient';
  const isSummed = kernel === 'conv2dWeightGradient';
  const [height, width] = isInputGradient ? [inHeight, inWidth] : [outHeight, outWidth];
  const [channels, results] = isInputGradient ? [outChannels, inChannels] : [inChannels, outChannels];
  const batch = Math.max(1, record.batch);
  const tiles = batch * tilesAlong(height, record.dilationHeight) * tilesAlong(width, record.dilationWidth);
  const inFours = isSummed ? (count: number) => count : roundedToFours;
  const lanes = 8 * Math.ceil(results / 8);
  const transforms = tiles * (36 / channels + (20 * roundedToFours(channels)) / (channels * lanes));
  const preparation = kernel === 'conv2d' ? 0 : inChannels * outChannels > cachedPairs ? 50 : 20;
  const sign = isInputGradient ? -1 : 1;
  const rows = partsAlong(
    height,
    inHeight + outHeight - height,
    sign * record.dilationHeight,
    -sign * record.paddingTop,
  );
  const columns = partsAlong(
    width,
    inWidth + outWidth - width,
    sign * record.dilationWidth,
    -sign * record.paddingLeft,
  );
  const share = shareInside(batch, height * width, rows, columns, isSummed);
  const direct = batch * inFours(height * width) * share * (!isSummed && results <= 4 ? results / lanes : 1);
  return direct > 4 * inFours(tiles) + transforms + preparation;
}

/** Neighbours along one side that see the same taps. */
interface Part {
  readonly length: number;
  readonly taps: number;
}

/** The parts of a side whose position p sees p + origin + tap * step of another side, where there is such a place. */
function partsAlong(side: number, seen: number, step: number, origin: number): Part[] {
  const taps = [origin, origin + step, origin + 2 * step];
  const edges = [0, side, ...taps.flatMap((tap) => [-tap, seen - tap])].filter(
    (edge) => edge >= 0 && edge <= side,
  );
  const [...starts] = new Set(edges.sort((a, b) => a - b));
  return starts.slice(0, -1).map((start, i) => ({
    length: starts[i + 1]! - start,
    taps: taps.filter((tap) => start + tap >= 0 && start + tap < seen).length,
  }));
}

/**
 * The share of its products that a direct convolution has left where it leaves out taps outside the image, part by part
 * (kernels/lib/regions.ts). Positions are computed by tiles, and a band of 16 tiles takes one more
 * to begin. Sums over shorter parts are dearer, as measured.
 */
function shareInside(
  batch: number,
  positions: number,
  rows: Part[],
  columns: Part[],
  isSummed: boolean,
): number {
  const [tile, cost] = isSummed ? [16, 1.2] : [4, 1];
  const tiles = (count: number) => Math.ceil(count / tile) + Math.ceil(count / (16 * tile));
  let inside = 0;
  for (const row of rows) {
    for (const column of columns) {
      inside += tiles(batch * row.length * column.length) * row.taps * column.taps;
    }
  }
  const share = inside / (9 * batch * tiles(positions));
  return share < 0.97 ? Math.min(1, cost * share) : 1;
}

const roundedToFours = (count: number) => 4 * Math.ceil(count / 4);

/** Of four results each, which lie `dilation` apart. */
const tilesAlong = (side: number, dilation: number) => dilation * Math.ceil(Math.ceil(side / dilation) / 4);
