/** What `inspect` says of a network: plain data, and as JSON under the same names. */

import type { Pair } from '../ops/_window.js';
import type { Box, ReceptiveField } from './receptive-field.js';

/** One operator at work. */
export interface LayerReport {
  readonly index: number;
  /** The module at work, with the operator if it is not that module's only one: `layer1.0.conv1`, `layer1.0 add`. */
  readonly name: string;
  readonly module: string;
  readonly operator: string;
  readonly outputShape: readonly number[];
  readonly parameters: number;
  readonly macs: number;
  /** Of the gradients, as far as they are needed: the first layer has no gradient of its input. */
  readonly macsBackward: number;
  readonly otherOperations: number;
  /** Bytes of all operands, each counted once. */
  readonly bytesMoved: number;
  /** Floating-point operations for each of those bytes. */
  readonly arithmeticIntensity: number;
  /** Of what it makes; 0 for a view. */
  readonly activationBytes: number;
  /** Undefined for what does not depend on the input. */
  readonly receptiveField: ReceptiveField | undefined;
}

/** What a module and all inside it take. */
export interface ModuleReport {
  readonly name: string;
  /** Its class, `Bottleneck`. */
  readonly kind: string;
  /** Its layers are those from `first` to before `end`. */
  readonly first: number;
  readonly end: number;
  readonly outputShape: readonly number[] | undefined;
  readonly parameters: number;
  readonly macs: number;
  readonly macsBackward: number;
}

export interface MemoryReport {
  /** In float32. */
  readonly parameterBytes: number;
  /** If every activation is freed behind its last reader. */
  readonly inferencePeakBytes: number;
  /** Where that peak is. */
  readonly inferencePeakLayer: string;
  /** What a forward pass in training keeps for the backward pass; undefined where such a pass is impossible. */
  readonly keptForTrainingBytes: number | undefined;
  /** Why it is impossible. */
  readonly trainingProblem?: string;
}

export interface CoverageReport {
  /** The layer whose output was looked at, and the pixel of it. */
  readonly layer: string;
  readonly pixel: readonly [number, number];
  /** In how many ways neighbouring outputs read; the worst is described. */
  readonly phases: number;
  /** The smallest box around all that it reads: the receptive field, as far as image and padding let it. */
  readonly box: Box;
  /** How many pixels there are in the box, how many of them are read, and how many are not. */
  readonly pixels: number;
  readonly covered: number;
  readonly holes: number;
  /** The logarithms to base 2 of the smallest and the largest number of paths to a pixel that is reached. */
  readonly log2FewestPaths: number;
  readonly log2MostPaths: number;
}

export interface ChainReport {
  readonly layers: readonly string[];
  readonly kernelSize: readonly [number, number];
  readonly rates: readonly (readonly [number, number])[];
  /** Whether the chain alone, on an image without borders, reads its whole field, and what the rules say. */
  readonly ok: boolean;
  readonly reason: string;
  readonly recursion: readonly string[];
  readonly commonFactor: readonly string[];
  /** Positions unread of the field of the chain alone, along each axis. */
  readonly holes: readonly [number, number];
  readonly proposal: readonly Pair[] | undefined;
}

export interface ConnectivityReport {
  /** The module from whose input to whose output channels were followed; '' for the network. */
  readonly module: string;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly connected: number;
  readonly complete: boolean;
  readonly parts: number;
}

export interface PathsReport {
  /** In decimal digits, because it may be larger than any number. */
  readonly count: string;
  readonly shortest: number;
  readonly longest: number;
  readonly meanLength: number;
  readonly lengths: readonly { readonly length: number; readonly count: string }[];
}

export interface Advice {
  readonly kind: 'dominates' | 'stack' | 'separable' | 'lanes' | 'gridding' | 'groups' | 'field';
  readonly text: string;
  /** Indices of the layers that it is about. */
  readonly layers: readonly number[];
  /** The figures of the text, for programs. */
  readonly figures: Readonly<Record<string, number>>;
}

export interface Inspection {
  readonly input: readonly number[];
  readonly output: readonly number[];
  readonly convention: string;
  readonly parameters: number;
  readonly macs: number;
  readonly macsBackward: number;
  readonly otherOperations: number;
  /** Of other operations, by operator. */
  readonly otherByOperator: Readonly<Record<string, number>>;
  readonly bytesMoved: number;
  readonly arithmeticIntensity: number;
  readonly memory: MemoryReport;
  /** Of the last feature map: what global pooling or the classifier reads, or the output. */
  readonly receptiveField: ReceptiveField & {
    readonly layer: string;
    readonly size: readonly [number, number];
  };
  /** Where paths meet whose fields have different centres, by how many pixels. */
  readonly misaligned: readonly { readonly layer: string; readonly distance: readonly [number, number] }[];
  /** Undefined where no convolutional path leads to a feature map. */
  readonly coverage: CoverageReport | undefined;
  readonly gridding: { readonly holes: number; readonly chains: readonly ChainReport[] };
  /** Of the network first, then of the modules in which channels are grouped. */
  readonly connectivity: readonly ConnectivityReport[];
  /** From the input to the last feature map. */
  readonly paths: PathsReport;
  /** For each layer with weights the ones that it reads, with no other in between; 'input' is the network's. */
  readonly reads: readonly { readonly layer: string; readonly reads: readonly string[] }[];
  readonly advice: readonly Advice[];
  readonly layers: readonly LayerReport[];
  readonly modules: readonly ModuleReport[];
}
