/**
 * A network examined before anything is trained: what it costs, what it sees, what it connects. All of it follows from one
 * pass on the meta device (trace.ts) and what operators say of themselves; no weight is touched.
 */

import { ShapeError } from '../errors.js';
import type { Module } from '../nn/module.js';
import { extents } from './_taps.js';
import { adviceOn } from './advice.js';
import { type Connectivity, connectivity } from './connectivity.js';
import { freshParameters } from './cost.js';
import { type Coverage, coverage } from './coverage.js';
import { type DilatedChain, dilatedChains } from './gridding.js';
import type {
  ChainReport,
  CoverageReport,
  Inspection,
  LayerReport,
  MemoryReport,
  ModuleReport,
  PathsReport,
} from './inspection.js';
import { bytesOf, inferencePeak, keptForTraining } from './memory.js';
import { hasWeights, type Paths, paths } from './paths.js';
import { layerReadings } from './reading.js';
import { type FieldsOfNetwork, receptiveFields } from './receptive-field.js';
import { type Trace, type TracedModule, type TracedStep, trace } from './trace.js';

/** How costs are counted, for whoever compares them with others. */
export const convention =
  'One multiply-accumulate (MAC) is a multiplication and its addition: two FLOPs. MACs are those of convolutions and ' +
  'matrix products, without biases. Normalisation, activations, pooling, interpolation and sums are other operations: one ' +
  'for each addition, multiplication, comparison or exponential. Bytes moved are those of all operands in float32, each ' +
  'read or written once.';

/**
 * Examines a network in evaluation mode, for the whole batch of `inputShape`.
 *
 * @param build Makes the model, `() => resnet18()`. It is called on the meta device, where parameters take no memory.
 * @param inputShape [N, H, W, C]
 * @throws ShapeError if the input does not fit the model.
 */
export function inspect(build: () => Module, inputShape: readonly number[]): Inspection {
  return examine(build, inputShape).inspection;
}

/** The inspection, and what it was made from: for drawings. */
export interface Examination {
  readonly inspection: Inspection;
  readonly trace: Trace;
  readonly fields: FieldsOfNetwork;
  readonly coverage: Coverage | undefined;
  readonly chains: readonly DilatedChain[];
  /** In the order of `inspection.connectivity`. */
  readonly connections: readonly Connectivity[];
}

/** As `inspect`. */
export function examine(build: () => Module, inputShape: readonly number[]): Examination {
  const traced = trace(build, inputShape);
  const fields = receptiveFields(traced);
  const { featureMap } = fields;
  const receptiveField = fields.fields[featureMap.index];
  if (receptiveField === undefined || !traced.output.fromInput) {
    throw new ShapeError('the output does not depend on the input', {
      operator: 'inspect',
      rule: 'forward pass',
      got: traced.output.shape,
      expected: 'a result of the input',
    });
  }
  const names = layerNames(traced);
  const layers = layerReports(traced, names, fields);
  const mapName = featureMap.step === undefined ? 'input' : names[featureMap.step]!;
  const covered = featureMap.step === undefined ? undefined : coverage(traced, fields);
  const chains = dilatedChains(traced);
  const connections = connectionsOf(traced);
  const total = (part: 'macs' | 'macsBackward' | 'otherOperations' | 'bytesMoved') =>
    layers.reduce((sum, layer) => sum + layer[part], 0);
  const found: Omit<Inspection, 'advice'> = {
    input: traced.input.shape,
    output: traced.output.shape,
    convention,
    parameters: traced.parameters,
    macs: total('macs'),
    macsBackward: total('macsBackward'),
    otherOperations: total('otherOperations'),
    otherByOperator: otherByOperator(layers),
    bytesMoved: total('bytesMoved'),
    arithmeticIntensity: intensity(total('macs'), total('otherOperations'), total('bytesMoved')),
    memory: memoryReport(build, traced, names),
    receptiveField: { ...receptiveField, layer: mapName, size: extents(featureMap) },
    misaligned: fields.misaligned.map(({ step, distance }) => ({ layer: names[step]!, distance })),
    coverage: covered && coverageReport(covered, mapName),
    gridding: {
      holes: covered === undefined ? 0 : covered.worst.pixels - covered.worst.covered,
      chains: chains.map((chain) => chainReport(chain, names)),
    },
    connectivity: connections.map(({ module, connection: { reaches, ...counts } }) => ({
      module,
      ...counts,
    })),
    paths: pathsReport(paths(traced, featureMap)),
    reads: layerReadings(traced).map(({ step, reads }) => ({
      layer: names[step]!,
      reads: reads.map((one) => (one < 0 ? 'input' : names[one]!)),
    })),
    layers,
    modules: moduleReports(traced, layers),
  };
  return {
    inspection: { ...found, advice: adviceOn(found, traced) },
    trace: traced,
    fields,
    coverage: covered,
    chains,
    connections: connections.map(({ connection }) => connection),
  };
}

/** Every step has a name of its own: its module's, and its operator's where the module does several things. */
function layerNames({ steps }: Trace): string[] {
  const perModule = new Map<string, number>();
  for (const { module } of steps) perModule.set(module, (perModule.get(module) ?? 0) + 1);
  const used = new Map<string, number>();
  return steps.map(({ module, operator }) => {
    const isOnly = module !== '' && perModule.get(module) === 1;
    const name = isOnly ? module : [module, operator.name].filter((part) => part !== '').join(' ');
    const count = (used.get(name) ?? 0) + 1;
    used.set(name, count);
    return count === 1 ? name : `${name} ${count}`;
  });
}

function layerReports(
  { steps }: Trace,
  names: readonly string[],
  { fields }: FieldsOfNetwork,
): LayerReport[] {
  const parameters = freshParameters(steps);
  return steps.map((step) => {
    const { index, operator, record, module, inputs, output, others, specs } = step;
    const { multiplyAccumulates: macs, otherOperations } = operator.cost(record);
    const isView = operator.view?.(record) ?? false;
    const bytesMoved = isView ? 0 : bytesThrough(step);
    return {
      index,
      name: names[index]!,
      module,
      operator: operator.name,
      outputShape: output.shape,
      parameters: parameters[index]!,
      macs,
      macsBackward: output.hasGradient
        ? macs * (operator.backwardProducts?.(inputs.map((one) => one?.hasGradient ?? false)) ?? 0)
        : 0,
      otherOperations,
      bytesMoved,
      arithmeticIntensity: intensity(macs, otherOperations, bytesMoved),
      activationBytes: isView
        ? 0
        : specs.slice(0, 1 + others.length).reduce((sum, spec) => sum + bytesOf(spec), 0),
      receptiveField: fields[output.index],
    };
  });
}

/** Every operand once: inputs are read, the result and what is handed out beside it written. */
function bytesThrough({ inputs, output, others }: TracedStep): number {
  const read = new Map(inputs.flatMap((one) => (one === undefined ? [] : [[one.storage, one] as const])));
  return [...read.values(), output, ...others].reduce((sum, one) => sum + bytesOf(one), 0);
}

function intensity(macs: number, otherOperations: number, bytes: number): number {
  return bytes === 0 ? 0 : (2 * macs + otherOperations) / bytes;
}

function otherByOperator(layers: readonly LayerReport[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { operator, otherOperations } of layers) {
    if (otherOperations > 0) counts[operator] = (counts[operator] ?? 0) + otherOperations;
  }
  return counts;
}

function moduleReports({ modules }: Trace, layers: readonly LayerReport[]): ModuleReport[] {
  return modules.map(({ name, kind, first, end, output }) => {
    const inside = layers.slice(first, end);
    const total = (part: 'parameters' | 'macs' | 'macsBackward') =>
      inside.reduce((sum, layer) => sum + layer[part], 0);
    return {
      name,
      kind,
      first,
      end,
      outputShape: output?.shape,
      parameters: total('parameters'),
      macs: total('macs'),
      macsBackward: total('macsBackward'),
    };
  });
}

function memoryReport(build: () => Module, traced: Trace, names: readonly string[]): MemoryReport {
  const peak = inferencePeak(traced);
  const report = {
    parameterBytes: 4 * traced.parameters,
    inferencePeakBytes: peak.bytes,
    inferencePeakLayer: names[peak.step] ?? 'input',
  };
  try {
    const training = trace(build, traced.input.shape, { training: true, layers: 'as ever' });
    const kept = keptForTraining(training).reduce((sum, bytes) => sum + bytes, 0);
    return { ...report, keptForTrainingBytes: kept };
  } catch (error) {
    // A batch of one pixel has no variance, so some networks cannot train on single images.
    if (!(error instanceof ShapeError)) throw error;
    return { ...report, keptForTrainingBytes: undefined, trainingProblem: error.message };
  }
}

function coverageReport({ phases, worst }: Coverage, layer: string): CoverageReport {
  const { pixel, box, pixels, covered, counts } = worst;
  let [fewest, most] = [Number.POSITIVE_INFINITY, 0];
  for (let row = box.top; row <= box.bottom; row++) {
    for (let column = box.left; column <= box.right; column++) {
      if (!counts.has(row, column)) continue;
      const logarithm = counts.log2(row, column);
      fewest = Math.min(fewest, logarithm);
      most = Math.max(most, logarithm);
    }
  }
  return {
    layer,
    pixel,
    phases,
    box,
    pixels,
    covered,
    holes: pixels - covered,
    log2FewestPaths: covered === 0 ? 0 : fewest,
    log2MostPaths: most,
  };
}

function chainReport(
  { steps, kernelSize, rates, check, proposal }: DilatedChain,
  names: readonly string[],
): ChainReport {
  const { ok, reason, vertical, horizontal } = check;
  const groups = [...vertical.groups, ...(sameRates(rates) ? [] : horizontal.groups)];
  return {
    layers: steps.map((step) => names[step]!),
    kernelSize,
    rates,
    ok,
    reason,
    recursion: groups.map(({ recursion }) => recursion.reason),
    commonFactor: groups.map(({ commonFactor }) => commonFactor.reason),
    holes: [vertical.coverage.holes.length, horizontal.coverage.holes.length],
    proposal,
  };
}

function sameRates(rates: DilatedChain['rates']): boolean {
  return rates.every(([vertical, horizontal]) => vertical === horizontal);
}

/** The network's channels, and those of each innermost module of several layers that has a grouped convolution. */
function connectionsOf(traced: Trace): { readonly module: string; readonly connection: Connectivity }[] {
  const grouped = new Map<string, TracedModule>();
  for (const step of traced.steps) {
    const channels = step.operator.channels(step.record, 0);
    if (!hasWeights(step) || channels.kind !== 'groups' || channels.groups === 1) continue;
    const around = traced.modules.filter(
      ({ first, end }) =>
        first <= step.index &&
        step.index < end &&
        traced.steps.slice(first, end).filter(hasWeights).length > 1,
    );
    const innermost = around.at(-1);
    if (innermost?.input !== undefined && innermost.output !== undefined)
      grouped.set(innermost.name, innermost);
  }
  grouped.delete('');
  return [
    { module: '', connection: connectivity(traced) },
    ...Array.from(grouped.values(), ({ name, input, output }) => ({
      module: name,
      connection: connectivity(traced, input, output),
    })),
  ];
}

function pathsReport({ count, lengths, ...numbers }: Paths): PathsReport {
  return {
    count: `${count}`,
    ...numbers,
    lengths: lengths.map((one) => ({ length: one.length, count: `${one.count}` })),
  };
}
