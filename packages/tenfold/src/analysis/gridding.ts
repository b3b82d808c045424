/**
 * Dilated convolutions in a row, as the rules for their rates see them (blocks/hybrid-dilated.ts): convolutions with equal
 * kernels on images of one size, along the path that holds most of them. What counts is the coverage of the whole network
 * (coverage.ts); the rules and the coverage of the chain alone stand beside it.
 */

import { hdcDesign } from '../blocks/hdc-design.js';
import { type HdcReport, hdcCheck } from '../blocks/hybrid-dilated.js';
import { OptionError } from '../errors.js';
import type { Pair, Window } from '../ops/_window.js';
import { extents } from './_taps.js';
import type { Trace, TracedStep } from './trace.js';

export interface DilatedChain {
  /** The steps, in order. */
  readonly steps: readonly number[];
  readonly kernelSize: readonly [number, number];
  /** [vertical, horizontal] for each step. */
  readonly rates: readonly (readonly [number, number])[];
  /** Of the chain alone. */
  readonly check: HdcReport;
  /**
   * Rates for as many layers and the same field that leave no hole, or for the nearest field that there are such rates for;
   * undefined if the chain has no hole.
   */
  readonly proposal: readonly Pair[] | undefined;
}

/** All such chains in which some rate is above 1, each as long as can be. */
export function dilatedChains({ steps }: Trace): DilatedChain[] {
  const behind = new Map<number, Chain>();
  /** By the first step of the chain. */
  const best = new Map<number, Chain>();
  for (const step of steps) {
    const chain = continued(step, behind);
    behind.set(step.output.index, chain);
    const [first] = chain;
    if (first !== undefined && rank(chain) > rank(best.get(first.index) ?? [])) best.set(first.index, chain);
  }
  return [...best.values()].filter((chain) => chain.some(isDilated)).map(examined);
}

type Chain = readonly TracedStep[];

/** The chain behind a step; it ends where the size of the image changes. */
function continued(step: TracedStep, behind: ReadonlyMap<number, Chain>): Chain {
  const [input] = step.inputs;
  if (input === undefined || `${extents(input)}` !== `${extents(step.output)}`) return [];
  const chains = step.inputs.map((one) => (one && behind.get(one.index)) ?? []);
  const chain = chains.reduce((most, one) => (rank(one) > rank(most) ? one : most));
  if (!isDilatable(step)) return chain;
  const [first] = chain;
  if (first !== undefined && kernelOf(first) === kernelOf(step)) return [...chain, step];
  return isDilated(step) || !chain.some(isDilated) ? [step] : chain;
}

/** More dilated layers first, then larger rates, then more layers. */
function rank(chain: Chain): number {
  return chain.reduce((sum, step) => sum + (isDilated(step) ? 1e6 + 1e3 * Math.max(...ratesOf(step)) : 1), 0);
}

function windowOf({ record }: TracedStep): Window {
  return record as Window;
}

function ratesOf(step: TracedStep): readonly [number, number] {
  const { dilationHeight, dilationWidth } = windowOf(step);
  return [dilationHeight, dilationWidth];
}

function kernelOf(step: TracedStep): string {
  const { kernelHeight, kernelWidth } = windowOf(step);
  return `${kernelHeight}x${kernelWidth}`;
}

function isDilatable({ operator, record }: TracedStep): boolean {
  const field = operator.field(record, 0);
  if (field.kind !== 'window' && field.kind !== 'data-dependent') return false;
  const isConvolution = operator.cost(record).multiplyAccumulates > 0 && field.strideHeight >= 1;
  return isConvolution && (field.kernelHeight > 1 || field.kernelWidth > 1);
}

function isDilated(step: TracedStep): boolean {
  return Math.max(...ratesOf(step)) > 1;
}

function examined(chain: Chain): DilatedChain {
  const { kernelHeight, kernelWidth } = windowOf(chain[0]!);
  const kernelSize = [kernelHeight, kernelWidth] as const;
  const rates = chain.map(ratesOf);
  const check = hdcCheck(rates, kernelSize);
  return {
    steps: chain.map(({ index }) => index),
    kernelSize,
    rates,
    check,
    proposal: check.ok ? undefined : proposalFor(check, kernelSize, rates.length),
  };
}

/** The nearest field is taken where none of this size goes without holes; no rates if the field is out of reach altogether. */
function proposalFor(
  { vertical, horizontal }: HdcReport,
  kernelSize: readonly [number, number],
  layers: number,
): readonly Pair[] | undefined {
  let receptiveField: readonly [number, number] = [
    vertical.coverage.receptiveField,
    horizontal.coverage.receptiveField,
  ];
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      return hdcDesign({ kernelSize, layers, receptiveField });
    } catch (error) {
      if (!(error instanceof OptionError) || typeof error.details.expected !== 'number') throw error;
      const [height, width] = receptiveField;
      const { got, expected } = error.details;
      receptiveField = [height === got ? expected : height, width === got ? expected : width];
    }
  }
  return undefined;
}
