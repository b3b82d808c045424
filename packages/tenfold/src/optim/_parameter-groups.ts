/** Groups of parameters with rates of their own. */

import { OptionError } from '../errors.js';
import type { Tensor } from '../tensor/tensor.js';
import { checkRate } from './_check.js';

/** ParameterList with rates of their own; what is not given is the optimizer's. */
export interface ParameterGroup {
  readonly parameters: readonly Tensor[];
  readonly lr?: number;
  readonly weightDecay?: number;
}

/** All parameters in one list, or in groups. */
export type ParameterList = readonly Tensor[] | readonly ParameterGroup[];

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
  parameters: ParameterList,
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

function isGroups(parameters: ParameterList): parameters is readonly ParameterGroup[] {
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
