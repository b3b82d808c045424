/** What all optimizers have in common: groups of parameters, and the learning rate that scales them all. */

import { OptionError } from '../errors.js';
import type { LoadResult, StateDict, StoredTensor } from '../nn/state-dict.js';
import type { Tensor } from '../tensor/tensor.js';

export interface Optimizer {
  /**
   * The learning rate. Setting it, as a schedule does before each step, also changes the rate of every group that has
   * its own, in proportion: a group made with a tenth of the rate keeps a tenth.
   */
  lr: number;
  /** How many steps have been taken. */
  readonly steps: number;
  /** The parameters of all groups. */
  readonly parameters: readonly Tensor[];
  /** Changes every parameter that has a gradient; the others stay. */
  step(): void;
  /** Drops the gradients of all parameters. */
  zeroGrad(): void;
  /** Copies of what the optimizer remembers, for a checkpoint; the learning rate is the schedule's affair. */
  stateDict(): Promise<Map<string, StoredTensor>>;
  /** @throws StateDictError if the state is not of the same parameters; then nothing has changed. */
  loadStateDict(state: StateDict): LoadResult;
  /** Frees what the optimizer remembers; the parameters stay. */
  dispose(): void;
}

/** Parameters with rates of their own; what is not given is the optimizer's. */
export interface ParameterGroup {
  readonly parameters: readonly Tensor[];
  readonly lr?: number;
  readonly weightDecay?: number;
}

/** One parameter and how it is to be treated. */
export interface Treatment {
  readonly parameter: Tensor;
  /** The learning rate as a multiple of the optimizer's. */
  readonly lrFactor: number;
  readonly weightDecay: number;
}

/**
 * @throws OptionError if there is no parameter, if one is given twice or is no leaf, or for rates that are negative or
 *   not finite.
 */
export function treatments(
  operator: string,
  parameters: readonly Tensor[] | readonly ParameterGroup[],
  { lr, weightDecay }: { readonly lr: number; readonly weightDecay: number },
): Treatment[] {
  checkRate(operator, 'lr', lr);
  checkRate(operator, 'weightDecay', weightDecay);
  const groups = isGroups(parameters) ? parameters : [{ parameters }];
  const seen = new Set<Tensor>();
  const all = groups.flatMap((group) => {
    const decay = group.weightDecay ?? weightDecay;
    checkRate(operator, 'weightDecay of a group', decay);
    const lrFactor = factor(operator, group.lr ?? lr, lr);
    return group.parameters.map((parameter) => {
      checkParameter(operator, parameter, seen);
      seen.add(parameter);
      return { parameter, lrFactor, weightDecay: decay };
    });
  });
  if (all.length === 0) {
    throw new OptionError('there is no parameter to train; give model.parameters()', {
      operator,
      rule: 'parameters',
      got: 0,
      expected: 'at least 1',
    });
  }
  return all;
}

function isGroups(
  parameters: readonly Tensor[] | readonly ParameterGroup[],
): parameters is readonly ParameterGroup[] {
  const [first] = parameters;
  return first !== undefined && 'parameters' in first;
}

function factor(operator: string, groupLr: number, lr: number): number {
  checkRate(operator, 'lr of a group', groupLr);
  if (groupLr === lr) return 1;
  if (lr > 0) return groupLr / lr;
  throw new OptionError(
    `lr is 0 but a group has ${groupLr}; give an lr above 0, to which the rates of groups are in proportion`,
    { operator, rule: 'lr', got: lr, expected: 'above 0' },
  );
}

function checkParameter(operator: string, parameter: Tensor, seen: ReadonlySet<Tensor>): void {
  const shape = `[${parameter.shape.join(', ')}]`;
  if (seen.has(parameter)) {
    throw new OptionError(
      `parameter ${seen.size} of shape ${shape} is given twice, so each step would change it twice; list it in one group`,
      { operator, rule: 'parameters', got: shape, expected: 'each parameter once' },
    );
  }
  const maker = parameter.tapeNode()?.operator ?? 'leaf';
  if (maker !== 'leaf') {
    throw new OptionError(
      `parameter ${seen.size} of shape ${shape} is the result of ${maker} and never gets a gradient; give the parameters it was computed from`,
      { operator, rule: 'parameters', got: maker, expected: 'a tensor that no operator made' },
    );
  }
}

/** @throws OptionError for a rate that is negative or not finite. */
export function checkRate(operator: string, name: string, rate: number): void {
  if (rate >= 0 && Number.isFinite(rate)) return;
  throw new OptionError(`${name} must be a finite number from 0 up, not ${rate}`, {
    operator,
    rule: name,
    got: rate,
    expected: 'a finite number >= 0',
  });
}
