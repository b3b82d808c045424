/** One step of training, from the forward pass to the new parameters, leaving nothing behind on the device. */

import { nextTurn } from '#platform';
import type { TypedArray } from '../device/device.js';
import { NonFiniteLossError, StateError } from '../errors.js';
import { withDraws } from '../tensor/random.js';
import { scope } from '../tensor/scope.js';
import { Tensor } from '../tensor/tensor.js';
import { namedResults, readBack, type Tensors } from './_read-back.js';
import { clipGradNorm } from './clip-grad-norm.js';
import type { Optimizer } from './optimizer.js';

export interface TrainStepOptions {
  /** Decides, with the number of the step, what dropout and other layers draw. @default 0 */
  readonly seed?: number;
  /** Scales all gradients together so that their norm is at most this. @default no clipping */
  readonly clipGradNorm?: number;
  /**
   * Refuses a loss that is NaN or infinite before anything is changed by it. This reads the loss within the step, which
   * only a device whose memory is the host's can do without waiting (wasm is one); without it no step needs a read.
   * @default false
   */
  readonly requireFinite?: boolean;
}

/** The loss, or an object with the loss and whatever else is of interest. */
export type StepResult<Results> = Tensor | (Tensors<Results> & { readonly loss: Tensor });

/** The loss as a number, the others as arrays. */
export type StepValues<Results> = Results extends Tensor
  ? number
  : { -readonly [Name in keyof Results]: Name extends 'loss' ? number : TypedArray };

/**
 * Runs `body` forward, differentiates the loss that it returns, changes the optimizer's parameters and drops their
 * gradients. All tensors made in `body` are freed. Then lets the event loop take a turn, so that timers, signals and
 * finalizers run once per step.
 *
 * @param body Returns the loss, a scalar, or an object with `loss` and other tensors, logits for instance.
 * @returns The loss as a number, or an object with the loss as a number and the others as arrays.
 * @throws StateError if `body` is asynchronous, returns no loss, or its loss depends on no parameter; ShapeError if
 *   the loss is not a scalar; NonFiniteLossError for a loss that is NaN or infinite if `requireFinite`. After an error
 *   of any kind, `body`'s own included, gradients are dropped and no parameter has changed; running statistics have
 *   seen the batch, as they do whenever `body` runs.
 */
export async function trainStep<Results extends StepResult<Results>>(
  optimizer: Optimizer,
  body: () => Results,
  { seed = 0, clipGradNorm: maxNorm, requireFinite = false }: TrainStepOptions = {},
): Promise<StepValues<Results>> {
  let single = false;
  const { copies } = withDraws(seed, optimizer.steps, () =>
    scope(() => {
      try {
        // A scope of its own, so that during the backward pass the tape alone decides which activations stay.
        const results = scope(() => {
          const returned = body();
          single = returned instanceof Tensor;
          return namedResults('trainStep', 'loss', returned);
        });
        const loss = lossOf(results);
        if (requireFinite) checkFinite(loss, optimizer.steps);
        loss.backward();
        if (maxNorm !== undefined) clipGradNorm(optimizer.parameters, maxNorm);
        optimizer.step();
        return { copies: readBack(results) };
      } finally {
        optimizer.zeroGrad();
      }
    }),
  );
  const [{ loss, ...others }] = await Promise.all([copies, nextTurn()]);
  const value = loss![0]!;
  return (single ? value : { ...others, loss: value }) as StepValues<Results>;
}

function lossOf(results: readonly [string, Tensor][]): Tensor {
  const loss = results.find(([name]) => name === 'loss')?.[1];
  if (loss !== undefined) return loss;
  const names = results.map(([name]) => name).join(', ');
  throw new StateError(
    `trainStep: the function must return the loss, or an object with \`loss\`, not with only {${names}}`,
  );
}

/** A loss of more than one element is left to `backward`, which refuses it. */
function checkFinite(loss: Tensor, step: number): void {
  const value = loss.length === 1 ? loss.dataSync()[0]! : 0;
  if (Number.isFinite(value)) return;
  throw new NonFiniteLossError(
    `trainStep: the loss of step ${step} is ${value}, and no parameter was changed by it; try a lower learning rate or { clipGradNorm: 1 }, and firstNonFinite tells where it begins`,
    { loss: value, step },
  );
}
