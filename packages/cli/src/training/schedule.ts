/** What `--schedule` takes, and which learning rate that means at each step. */

import { optim } from 'tenfold';
import { UsageError } from '../options.js';
import type { LearningOptions } from './train-options.js';

/** How the rate goes; `falls` gives the epochs after which it is multiplied by `factor`, those of a run of so many. */
type Plan =
  | { readonly kind: 'onecycle' | 'cosine' | 'constant' | 'thirds' }
  | { readonly kind: 'falls'; readonly falls: (epochs: number) => number[]; readonly factor: number };

const words: Readonly<Record<string, Plan>> = {
  onecycle: { kind: 'onecycle' },
  cosine: { kind: 'cosine' },
  constant: { kind: 'constant' },
  step: { kind: 'thirds' },
};

/** @throws UsageError for a spec that means nothing. */
function parse(spec: string): Plan {
  if (Object.hasOwn(words, spec)) return words[spec]!;
  const [name, epochs = '', factor = '0.1', ...rest] = spec.split(':');
  const numbers = epochs.split(',').map(Number);
  const ascending = numbers.every(
    (epoch, index) => Number.isSafeInteger(epoch) && epoch > (numbers[index - 1] ?? 0),
  );
  const isFactor = factor.trim() !== '' && Number(factor) > 0 && Number(factor) < Number.POSITIVE_INFINITY;
  if (ascending && isFactor && rest.length === 0) {
    const [every] = numbers as [number];
    if (name === 'multistep') return { kind: 'falls', falls: () => numbers, factor: Number(factor) };
    if (name === 'step' && numbers.length === 1) {
      const falls = (total: number) =>
        Array.from({ length: Math.ceil(total / every) - 1 }, (_, index) => (index + 1) * every);
      return { kind: 'falls', falls, factor: Number(factor) };
    }
  }
  throw new UsageError(
    `--schedule takes ${Object.keys(words).join(', ')}, step:EPOCHS:FACTOR such as step:30:0.1, or multistep:EPOCHS:FACTOR ` +
      `such as multistep:30,60,80:0.1, but was given '${spec}'.`,
  );
}

/** @throws UsageError for an unknown schedule, or one that falls while the rate still rises. */
export function checkSchedule({
  schedule,
  warmUp,
  epochs,
}: Pick<LearningOptions, 'schedule' | 'warmUp' | 'epochs'>): void {
  const plan = parse(schedule);
  if (plan.kind === 'onecycle' && warmUp > 0) {
    throw new UsageError('--warm-up is for the other schedules; onecycle warms up by itself.');
  }
  const first = plan.kind === 'falls' ? plan.falls(epochs)[0] : undefined;
  if (first !== undefined && first <= warmUp) {
    throw new UsageError(
      `--warm-up takes fewer epochs than the ${first} after which ${schedule} first falls, but was given ${warmUp}.`,
    );
  }
}

/** Whether the rate at a step depends on how many there will be. */
export function dependsOnLength(schedule: string): boolean {
  return ['onecycle', 'cosine', 'thirds'].includes(parse(schedule).kind);
}

/** The learning rate as a function of the step, counted from 0 over all epochs. */
export function makeSchedule(
  { lr, epochs, schedule, warmUp }: LearningOptions,
  stepsPerEpoch: number,
): optim.Schedule {
  const plan = parse(schedule);
  const totalSteps = epochs * stepsPerEpoch;
  if (plan.kind === 'onecycle') return optim.oneCycle({ maxLr: lr, totalSteps });
  const steps = Math.min(Math.round(warmUp * stepsPerEpoch), totalSteps - 1);
  return optim.warmUp({ steps }, afterWarmUp(plan));

  function afterWarmUp(plan: Plan): optim.Schedule {
    switch (plan.kind) {
      case 'cosine':
        return optim.cosine({ lr, totalSteps: totalSteps - steps });
      case 'thirds':
        return optim.step({ lr, stepSize: Math.ceil((totalSteps - steps) / 3), gamma: 0.1 });
      case 'falls': {
        // Epochs are those of the run, of which the warm-up is the beginning.
        const milestones = plan.falls(epochs).map((epoch) => epoch * stepsPerEpoch - steps);
        return optim.multiStep({ lr, milestones, gamma: plan.factor });
      }
      default:
        return optim.constant({ lr });
    }
  }
}
