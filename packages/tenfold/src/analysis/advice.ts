/** What in a network costs more than it must, or sees less than it seems to; every sentence with its figures. */

import type { Window } from '../ops/_window.js';
import type { Advice, ChainReport, Inspection, LayerReport } from './inspection.js';
import type { Trace } from './trace.js';

interface Convolution extends Window {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly groups: number;
}

/** A layer of the report together with its operator's record. */
interface LayerWithRecord extends LayerReport {
  readonly record: object;
}

/** How many output channels the kernels compute at a time. */
const lanes = 8;

/** Layers with less of the multiply-accumulates than this are not worth a sentence. */
const leastShare = 0.01;
const leastDomination = 0.1;

export function adviceOn(inspection: Omit<Inspection, 'advice'>, { steps }: Trace): Advice[] {
  const layers = inspection.layers.map((layer) => ({ ...layer, record: steps[layer.index]!.record }));
  return [
    ...gridded(inspection),
    ...ungrouped(inspection),
    ...tooSmallField(inspection),
    ...dominating(layers),
    ...stackable(layers),
    ...separable(layers),
    ...wastingLanes(layers),
  ];
}

const whole = (value: number) => value.toLocaleString('en-US');
const percent = (share: number) => `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`;

function total(layers: readonly LayerReport[], part: 'macs' | 'parameters'): number {
  return layers.reduce((sum, layer) => sum + layer[part], 0);
}

/** At most three for each measure, the largest first. */
function dominating(layers: readonly LayerWithRecord[]): Advice[] {
  return (['macs', 'parameters'] as const).flatMap((part) => {
    const all = total(layers, part);
    const sharing = layers.filter((layer) => layer[part] > 0).length;
    const largest = layers
      .filter((layer) => layer[part] > Math.max(leastDomination, 1.5 / sharing) * all)
      .sort((a, b) => b[part] - a[part])
      .slice(0, 3);
    if (largest.length === 0) return [];
    const name = part === 'macs' ? 'multiply-accumulates' : 'parameters';
    const shares = largest.map((layer) => percent(layer[part] / all));
    const share = total(largest, part) / all;
    return {
      kind: 'dominates' as const,
      text: `${inWords(largest.map(called))} ${largest.length === 1 ? 'takes' : 'take'} ${inWords(shares)} of the ${name} (${whole(total(largest, part))} of ${whole(all)}).`,
      layers: largest.map(({ index }) => index),
      figures: { share, [part]: total(largest, part) },
    };
  });
}

/** Modules in a list have numbers for names. */
function called({ name }: LayerReport): string {
  return /^\d/.test(name) ? `layer ${name}` : name;
}

/** `a`, `a and b`, `a, b and c`. */
function inWords(items: readonly string[]): string {
  return items.length === 1 ? items[0]! : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
}

function isConvolution(layer: LayerWithRecord): boolean {
  return layer.operator === 'conv2d';
}

function convolution({ record }: LayerWithRecord): Convolution {
  return record as Convolution;
}

/** k x k as (k - 1) / 2 layers of 3x3 (Simonyan and Zisserman 2015, section 2.3), of as many channels as come out. */
function stackable(layers: readonly LayerWithRecord[]): Advice[] {
  const all = total(layers, 'macs');
  return layers.filter(isConvolution).flatMap((layer) => {
    const {
      kernelHeight: kernel,
      kernelWidth,
      strideHeight,
      strideWidth,
      groups,
      ...record
    } = convolution(layer);
    const isOdd = kernel === kernelWidth && kernel >= 5 && kernel % 2 === 1;
    if (!isOdd || groups > 1 || strideHeight > 1 || strideWidth > 1) return [];
    const { inChannels, outChannels } = record;
    const count = (kernel - 1) / 2;
    const before = kernel * kernel * inChannels;
    const after = 9 * inChannels + (count - 1) * 9 * outChannels;
    const share = 1 - after / before;
    if (share <= 0 || layer.macs < leastShare * all) return [];
    const saved = Math.round(share * layer.macs);
    return {
      kind: 'stack' as const,
      text: `${called(layer)}: ${count} 3x3 convolutions see what its ${kernel}x${kernel} sees, for ${percent(share)} fewer multiply-accumulates (${whole(saved)} fewer).`,
      layers: [layer.index],
      figures: { macsSaved: saved, share },
    };
  });
}

/** A k x k convolution as a depthwise one and a 1x1: 1 / O + 1 / k^2 of the work (Howard et al. 2017, section 3.1). */
function separable(layers: readonly LayerWithRecord[]): Advice[] {
  const all = total(layers, 'macs');
  const dense = layers.filter(isConvolution).filter((layer) => {
    const { kernelHeight, kernelWidth, groups, inChannels } = convolution(layer);
    return groups === 1 && kernelHeight * kernelWidth >= 9 && inChannels >= 8;
  });
  const saved = dense.reduce((sum, layer) => {
    const { kernelHeight, kernelWidth, outChannels } = convolution(layer);
    return sum + layer.macs * (1 - 1 / outChannels - 1 / (kernelHeight * kernelWidth));
  }, 0);
  if (saved < leastShare * all) return [];
  const before = total(dense, 'macs');
  const subject =
    dense.length === 1 ? `${called(dense[0]!)}, dense,` : `${dense.length} dense convolutions of 3x3 or more`;
  return [
    {
      kind: 'separable',
      text: `${subject} ${dense.length === 1 ? 'takes' : 'take'} ${whole(before)} multiply-accumulates; as depthwise and 1x1 convolutions they would take ${whole(Math.round(before - saved))}, ${percent(saved / all)} of the network fewer.`,
      layers: dense.map(({ index }) => index),
      figures: { macs: before, macsSaved: Math.round(saved), share: saved / all },
    },
  ];
}

/**
 * One sentence for each number of channels; the classes of a classifier are what they are, so linear layers are left out.
 * Products make whole panels of outputs, those of each group by themselves. A depthwise convolution takes panels of all
 * channels, or, where there are too few for one, channel by channel.
 */
function wastingLanes(layers: readonly LayerWithRecord[]): Advice[] {
  const all = total(layers, 'macs');
  const byWidth = new Map<string, { channels: number; form: string; layers: LayerWithRecord[] }>();
  for (const layer of layers.filter(isConvolution)) {
    const { inChannels, outChannels, groups } = convolution(layer);
    const isDepthwise = groups > 1 && groups === inChannels && groups === outChannels;
    const channels = isDepthwise ? outChannels : outChannels / groups;
    if (layer.macs < 5 * leastShare * all || idleShare(channels) < 0.1) continue;
    const form = isDepthwise ? (channels < lanes ? 'depthwise' : '') : groups > 1 ? 'a group' : '';
    const same = byWidth.get(channels + form) ?? { channels, form, layers: [] };
    same.layers.push(layer);
    byWidth.set(channels + form, same);
  }
  return Array.from(byWidth.values(), ({ channels, form, layers: same }) => {
    const oneByOne = form === 'depthwise';
    const idle = oneByOne ? 1 - 1 / lanes : idleShare(channels);
    const fullChannels = Math.ceil(channels / lanes) * lanes;
    const subject =
      same.length <= 3
        ? inWords(same.map(called))
        : `${same.length} convolutions, the first ${called(same[0]!)},`;
    const made = `${same.length === 1 ? 'makes' : 'make'} ${`${channels} channels ${form}`.trimEnd()}`;
    const consequence = oneByOne
      ? `, fewer than the ${lanes} that kernels make at a time, so they are made one by one; ${fullChannels} cost less`
      : ` where kernels make ${lanes} at a time: ${percent(idle)} of their lanes stay idle; ${fullChannels} cost the same`;
    return {
      kind: 'lanes' as const,
      text: `${subject} ${made}${consequence}.`,
      layers: same.map(({ index }) => index),
      figures: { channels, fullChannels, idle },
    };
  });
}

function idleShare(channels: number): number {
  return 1 - channels / (Math.ceil(channels / lanes) * lanes);
}

function gridded({ coverage, gridding }: Omit<Inspection, 'advice'>): Advice[] {
  if (coverage === undefined || coverage.holes === 0) return [];
  const { holes, pixels } = coverage;
  const chain = gridding.chains.find(({ ok }) => !ok);
  const remedy =
    chain?.proposal === undefined
      ? ''
      : ` Instead of the rates ${list(chain.rates)}, ${list(chain.proposal)} leave none in a field of the same or the nearest size.`;
  return [
    {
      kind: 'gridding',
      text: `${whole(holes)} of the ${whole(pixels)} pixels in the field of an output are never read (gridding).${remedy}`,
      layers: [],
      figures: { holes, pixels },
    },
  ];
}

function list(rates: ChainReport['rates'] | NonNullable<ChainReport['proposal']>): string {
  const one = (rate: (typeof rates)[number]) =>
    typeof rate === 'number' ? `${rate}` : rate[0] === rate[1] ? `${rate[0]}` : rate.join('x');
  return `[${rates.map(one).join(', ')}]`;
}

function ungrouped({ connectivity }: Omit<Inspection, 'advice'>): Advice[] {
  return connectivity
    .filter(({ module, parts, complete }) => module !== '' && !complete && parts > 1)
    .map(({ module, parts, connected, inChannels, outChannels }) => ({
      kind: 'groups' as const,
      text: `In module ${module} the channels fall into ${whole(parts)} parts that nothing connects: ${percent(connected / (inChannels * outChannels))} of the pairs of channels; a shuffle between its groups, or a 1x1 convolution, would connect them.`,
      layers: [],
      figures: { parts, connected },
    }));
}

/** A classifier that cannot see its image as a whole has to judge it by pieces. */
function tooSmallField({ receptiveField, input, output, coverage }: Omit<Inspection, 'advice'>): Advice[] {
  const { height, width, kind, layer } = receptiveField;
  const [, imageHeight, imageWidth] = input;
  if (kind !== 'fixed' || height === undefined || width === undefined) return [];
  if (input.length !== 4 || output.length !== 2 || coverage === undefined) return [];
  if (height >= imageHeight! && width >= imageWidth!) return [];
  const share =
    (Math.min(height, imageHeight!) * Math.min(width, imageWidth!)) / (imageHeight! * imageWidth!);
  return [
    {
      kind: 'field',
      text: `A pixel of ${layer} sees ${height}x${width} pixels, ${percent(share)} of the image.`,
      layers: [],
      figures: { height, width, share },
    },
  ];
}
