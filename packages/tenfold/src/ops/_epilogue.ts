/**
 * What follows a convolution in most networks: normalisation by given statistics, the addition of a residual path, an
 * activation; activation(norm(y) + residual). Where no gradient is wanted, the convolution's kernel does it to its results
 * while they are in the cache. The numbers are those of the operators by themselves.
 */

import { elements, empty, type Operand, sameShape } from '../device/device.js';
import { needsTape, operandOf, Tensor } from '../tensor/tensor.js';
import { type Activation, activationNumber, activationOperations } from './_activation.js';
import { checkPerChannel } from './_normalisation.js';
import { areLayersApart } from './_operator.js';
import { add } from './add.js';
import { type BatchNormParameters, batchNorm } from './batch-norm.js';

export interface Epilogue {
  /** Batch normalisation in evaluation, by the running statistics; eps is 1e-5 unless given. */
  readonly norm?: (BatchNormParameters & { readonly eps?: number | undefined }) | undefined;
  /** Added then. */
  readonly residual?: Tensor | undefined;
  /** relu, relu6, hardswish, silu, hardsigmoid and sigmoid are computed in the same pass, any other function after it. */
  readonly activation?: Activation | undefined;
}

/** What the record of a convolution says of it. */
export interface EpilogueRecord {
  /** 0 is none. */
  readonly activation: number;
  /** Arithmetic operations. */
  readonly epilogueOperations: number;
}

export const noEpilogue: EpilogueRecord = { activation: 0, epilogueOperations: 0 };

/** The operands that a convolution's kernel reads for it; an operator's last inputs. */
export type EpilogueInputs<Kind> = readonly [
  normMean?: Kind | undefined,
  normFactor?: Kind | undefined,
  normBias?: Kind | undefined,
  residual?: Kind | undefined,
];

export function epilogueOperands([normMean, normFactor, normBias, residual]: EpilogueInputs<Operand>) {
  return { normMean, normFactor, normBias, residual };
}

/**
 * The convolution and what follows it.
 *
 * @param inputs Of the convolution.
 * @param shape Of the result.
 * @param convolve Applies the convolution, with an epilogue's inputs behind its own and its numbers in the record.
 */
export function withEpilogue(
  operator: string,
  inputs: readonly (Tensor | undefined)[],
  shape: readonly number[],
  epilogue: Epilogue | undefined,
  convolve: (record?: EpilogueRecord, inputs?: EpilogueInputs<Tensor>) => Tensor,
): Tensor {
  if (epilogue === undefined) return convolve();
  const { norm, residual, activation } = epilogue;
  if (norm !== undefined) checkNorm(operator, shape.at(-1)!, norm);
  const isApart = areLayersApart() || needsTape([...inputs, norm?.weight, norm?.bias, residual]);
  if (isApart || !addsElements(residual, shape)) return apart(convolve(), epilogue);
  const number = activationNumber(activation);
  const record = {
    activation: number ?? 0,
    epilogueOperations:
      (3 * Number(norm !== undefined) + Number(residual !== undefined)) * elements(shape) +
      activationOperations(number ?? 0, shape),
  };
  const factor = norm && factorOf(norm);
  const y = convolve(record, [norm?.runningMean, factor, norm?.bias, residual]);
  factor?.dispose();
  return activation !== undefined && number === undefined ? activation(y) : y;
}

function apart(y: Tensor, { norm, residual, activation }: Epilogue): Tensor {
  const normalised = (more: object) =>
    norm === undefined ? y : batchNorm(y, norm, { training: false, eps: norm.eps, ...more });
  if (norm !== undefined && addsElements(residual, y.shape)) return normalised({ residual, activation });
  const sum = residual === undefined ? normalised({}) : add(normalised({}), residual);
  return activation?.(sum) ?? sum;
}

/** Whether a residual has that shape, or is none; another one broadcasts. */
function addsElements(residual: Tensor | undefined, shape: readonly number[]): boolean {
  return residual === undefined || sameShape(residual.shape, shape);
}

/** weight / sqrt(runningVar + eps) */
function factorOf({ weight, runningVar, eps = 1e-5 }: NonNullable<Epilogue['norm']>): Tensor {
  const factor = empty(weight.device, { shape: weight.shape, dtype: 'float32' });
  const operands = { weight: operandOf(weight), runningVar: operandOf(runningVar), factor };
  weight.device.run('batchNormFactors', { channels: weight.length, eps }, operands);
  return new Tensor(factor);
}

function checkNorm(operator: string, channels: number, norm: BatchNormParameters): void {
  const { weight, bias, runningMean, runningVar } = norm;
  const shapes = {
    weight: weight.shape,
    bias: bias.shape,
    runningMean: runningMean.shape,
    runningVar: runningVar.shape,
  };
  checkPerChannel(operator, channels, shapes, 'the result');
}
