import { firstNonFinite, NonFiniteLossError, type StateDict, TenfoldError, type Tensor } from 'tenfold';
import type { Training } from './training.js';
import type { TrainingState } from './training-state.js';

/** Training ran out of the range of numbers; what was saved before is untouched. */
export class Diverged extends TenfoldError {
  override readonly name: string = 'Diverged';
}

const remedy = 'try a lower --lr, or --clip 1';

/** Of a loss that is not finite, says where that begins; any other error is returned as it is. */
export async function explainDivergence(
  error: unknown,
  { model, options }: Training,
  state: TrainingState,
  forward: () => Readonly<Record<string, Tensor>>,
): Promise<unknown> {
  if (!(error instanceof NonFiniteLossError)) return error;
  const { loss, step } = error;
  const where = `the loss became ${loss} in epoch ${state.epoch}, step ${state.step + 1}`;
  const first = await firstNonFinite(model, forward, { seed: options.seed, step });
  if (first === undefined) return new Diverged(`${where}; ${remedy}.`, { loss, step });
  const layer = first.module || first.operator;
  const kind = layer === first.operator ? '' : ` (${first.operator})`;
  // Running statistics may have been lost steps ago, and training does not read them.
  const parameters = new Set(model.namedParameters().map(([name]) => name));
  const causes = first.inputs.filter((name) => parameters.has(name));
  const cause = causes.length === 0 ? '' : `, whose ${causes.join(' and ')} is not finite either`;
  return new Diverged(
    `${where}: the first output that is not finite is that of ${layer}${kind}${cause}; ${remedy}.`,
    { loss, step, ...first },
  );
}

/** @throws Diverged if any weight is not finite: such weights are not worth saving. */
export function requireFiniteWeights(weights: StateDict, { epoch, step }: TrainingState): void {
  for (const [name, { data }] of weights) {
    if (data.every(Number.isFinite)) continue;
    throw new Diverged(`${name} is no longer finite after epoch ${epoch}, step ${step}; ${remedy}.`, {
      name,
    });
  }
}

/** @throws Diverged if any score of the network is not finite. */
export function requireFiniteScores(scores: ArrayLike<number>): void {
  if (Array.prototype.every.call(scores, Number.isFinite)) return;
  throw new Diverged(`the scores of the network are no longer finite; ${remedy}.`);
}
