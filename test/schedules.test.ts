import { OptionError, optim } from 'tenfold';
import { describe, expect, test } from 'vitest';
import { checkSchedule, makeSchedule } from '../packages/cli/dist/training/schedule.js';
import { goldenJson } from './golden.js';

interface Golden {
  readonly id: string;
  readonly scheduler: string;
  readonly initial_lr: number;
  readonly options: Readonly<Record<string, number>>;
  readonly lr: readonly number[];
}

const { schedules } = goldenJson('train/index.json') as { schedules: readonly Golden[] };

function build({ scheduler, initial_lr, options }: Golden): optim.Schedule {
  if (scheduler === 'CosineAnnealingLR') {
    return optim.cosine({ lr: initial_lr, totalSteps: options.T_max!, minLr: options.eta_min! });
  }
  expect(scheduler).toBe('OneCycleLR');
  return optim.oneCycle({
    maxLr: options.max_lr!,
    totalSteps: options.total_steps!,
    pctStart: options.pct_start!,
    divFactor: options.div_factor!,
    finalDivFactor: options.final_div_factor!,
  });
}

describe('schedules', () => {
  test('there are golden ones of both kinds', () => {
    expect(new Set(schedules.map(({ scheduler }) => scheduler))).toEqual(
      new Set(['CosineAnnealingLR', 'OneCycleLR']),
    );
  });

  test.each(schedules)('$id equals PyTorch', (golden) => {
    const schedule = build(golden);
    golden.lr.forEach((expected, step) => {
      expect(Math.abs(schedule(step) / expected - 1), `step ${step}`).toBeLessThan(1e-9);
    });
  });

  test("oneCycle's defaults are PyTorch's", () => {
    const [golden] = schedules.filter(({ id }) => id === 'onecycle_20');
    const schedule = optim.oneCycle({ maxLr: 0.1, totalSteps: 20 });
    expect(golden!.lr.map((_, step) => schedule(step))).toEqual(
      golden!.lr.map((expected) => expect.closeTo(expected, 12)),
    );
  });

  test('a cycle may be as short as one step, rise at once, or rise to its end', () => {
    expect(optim.oneCycle({ maxLr: 1, totalSteps: 1 })(0)).toBeCloseTo(4e-6, 12);
    expect(optim.oneCycle({ maxLr: 1, totalSteps: 10, pctStart: 0.1 })(0)).toBe(1);
    const rising = optim.oneCycle({ maxLr: 1, totalSteps: 10, pctStart: 1 });
    expect([rising(0), rising(9)]).toEqual([expect.closeTo(1 / 25, 12), 1]);
    expect(optim.oneCycle({ maxLr: 1, totalSteps: 10, pctStart: 0 })(9)).toBeCloseTo(4e-6, 12);
  });

  test('a step beyond the last is an error, not a guess', () => {
    const cycle = optim.oneCycle({ maxLr: 0.1, totalSteps: 20 });
    const fall = optim.cosine({ lr: 0.1, totalSteps: 20, minLr: 0.01 });
    expect([cycle(19), fall(20)]).toEqual([expect.closeTo(4e-7, 12), 0.01]);
    for (const step of [20, -1, 1.5]) {
      expect(() => cycle(step)).toThrow(
        `oneCycle: step must be a whole number from 0 to 19, as totalSteps is 20, not ${step}`,
      );
    }
    expect(() => fall(21)).toThrow(
      'cosine: step must be a whole number from 0 to 20, as totalSteps is 20, not 21',
    );
  });

  const rates = (schedule: optim.Schedule, steps: readonly number[]) => steps.map(schedule);
  const close = (expected: readonly number[]) => expected.map((rate) => expect.closeTo(rate, 15));

  test('constant stays', () => {
    expect(rates(optim.constant({ lr: 0.3 }), [0, 1, 1_000_000])).toEqual([0.3, 0.3, 0.3]);
  });

  test("step falls as in PyTorch's example of StepLR", () => {
    const schedule = optim.step({ lr: 0.05, stepSize: 30, gamma: 0.1 });
    expect(rates(schedule, [0, 29, 30, 59, 60, 89])).toEqual(
      close([0.05, 0.05, 0.005, 0.005, 0.0005, 0.0005]),
    );
    expect(rates(optim.step({ lr: 1, stepSize: 2 }), [1, 2, 5])).toEqual(close([1, 0.1, 0.01]));
    expect(rates(optim.step({ lr: 3, stepSize: 1, gamma: 0.5 }), [0, 1, 2, 10])).toEqual([
      3,
      1.5,
      0.75,
      3 / 1024,
    ]);
  });

  test("multiStep falls as in PyTorch's example of MultiStepLR", () => {
    const schedule = optim.multiStep({ lr: 0.05, milestones: [30, 80], gamma: 0.1 });
    expect(rates(schedule, [0, 29, 30, 79, 80, 1000])).toEqual(
      close([0.05, 0.05, 0.005, 0.005, 0.0005, 0.0005]),
    );
    expect(rates(optim.multiStep({ lr: 1, milestones: [2] }), [1, 2])).toEqual(close([1, 0.1]));
    expect(optim.multiStep({ lr: 1, milestones: [] })(7)).toBe(1);
  });

  test('warmUp rises in a straight line to the beginning of another schedule', () => {
    const fall = optim.cosine({ lr: 0.8, totalSteps: 10 });
    const schedule = optim.warmUp({ steps: 4 }, fall);
    expect(rates(schedule, [0, 1, 2, 3, 4])).toEqual(close([0, 0.2, 0.4, 0.6, 0.8]));
    expect(rates(schedule, [5, 9, 14])).toEqual(rates(fall, [1, 5, 10]));
    const higher = optim.warmUp({ steps: 2, from: 0.4 }, optim.constant({ lr: 0.8 }));
    expect(rates(higher, [0, 1, 2, 100])).toEqual(close([0.4, 0.6, 0.8, 0.8]));
    const none = optim.warmUp({ steps: 0 }, fall);
    expect(rates(none, [0, 3])).toEqual(rates(fall, [0, 3]));
    const twice = optim.warmUp({ steps: 1, from: 0.1 }, higher);
    expect(rates(twice, [0, 1, 3])).toEqual(close([0.1, 0.4, 0.8]));
    expect(() => schedule(15)).toThrow('cosine: step must be a whole number from 0 to 10');
  });

  test.each<[string, optim.Schedule]>([
    ['constant', optim.constant({ lr: 1 })],
    ['step', optim.step({ lr: 1, stepSize: 3 })],
    ['multiStep', optim.multiStep({ lr: 1, milestones: [3] })],
    ['warmUp', optim.warmUp({ steps: 3 }, optim.constant({ lr: 1 }))],
  ])('%s has no end, but no fractions of steps either', (name, schedule) => {
    expect(schedule(1_000_000)).toBeGreaterThanOrEqual(0);
    for (const step of [-1, 0.5, Number.NaN]) {
      expect(() => schedule(step)).toThrow(OptionError);
      expect(() => schedule(step)).toThrow(`${name}: step must be a whole number from 0 up, not ${step}`);
    }
  });

  test.each([
    [() => optim.constant({ lr: -1 }), 'constant: lr must be a finite number from 0 up, not -1'],
    [
      () => optim.step({ lr: Number.NaN, stepSize: 1 }),
      'step: lr must be a finite number from 0 up, not NaN',
    ],
    [() => optim.step({ lr: 1, stepSize: 0 }), 'step: stepSize must be a whole number from 1 up, not 0'],
    [
      () => optim.step({ lr: 1, stepSize: 1, gamma: 0 }),
      'step: gamma must be a finite number above 0, not 0',
    ],
    [
      () => optim.multiStep({ lr: -2, milestones: [] }),
      'multiStep: lr must be a finite number from 0 up, not -2',
    ],
    [
      () => optim.multiStep({ lr: 1, milestones: [30, 20] }),
      'multiStep: milestones[1] must be a whole number from 31 up, not 20',
    ],
    [
      () => optim.multiStep({ lr: 1, milestones: [0.5] }),
      'multiStep: milestones[0] must be a whole number from 1 up, not 0.5',
    ],
    [
      () => optim.multiStep({ lr: 1, milestones: [], gamma: -1 }),
      'multiStep: gamma must be a finite number above 0, not -1',
    ],
    [
      () => optim.warmUp({ steps: 1.5 }, optim.constant({ lr: 1 })),
      'warmUp: steps must be a whole number from 0 up, not 1.5',
    ],
    [
      () => optim.warmUp({ steps: 5, from: -0.1 }, optim.constant({ lr: 1 })),
      'warmUp: from must be a finite number from 0 up, not -0.1',
    ],
    [
      () => optim.oneCycle({ maxLr: -1, totalSteps: 20 }),
      'oneCycle: maxLr must be a finite number from 0 up, not -1',
    ],
    [
      () => optim.oneCycle({ maxLr: 1, totalSteps: 2.5 }),
      'oneCycle: totalSteps must be a whole number from 1 up, not 2.5',
    ],
    [
      () => optim.oneCycle({ maxLr: 1, totalSteps: 20, pctStart: 30 }),
      'oneCycle: pctStart must be between 0 and 1, not 30',
    ],
    [
      () => optim.oneCycle({ maxLr: 1, totalSteps: 20, divFactor: 0 }),
      'oneCycle: divFactor must be above 0, not 0',
    ],
    [
      () => optim.oneCycle({ maxLr: 1, totalSteps: 20, finalDivFactor: -2 }),
      'oneCycle: finalDivFactor must be above 0, not -2',
    ],
    [
      () => optim.cosine({ lr: Number.NaN, totalSteps: 20 }),
      'cosine: lr must be a finite number from 0 up, not NaN',
    ],
    [
      () => optim.cosine({ lr: 1, totalSteps: 20, minLr: -0.1 }),
      'cosine: minLr must be a finite number from 0 up, not -0.1',
    ],
    [
      () => optim.cosine({ lr: 1, totalSteps: 0 }),
      'cosine: totalSteps must be a whole number from 1 up, not 0',
    ],
  ])('impossible options are refused: %#', (make, message) => {
    expect(make).toThrow(OptionError);
    expect(make).toThrow(message);
  });
});

describe('of the command', () => {
  const rates = (schedule: string, { epochs = 6, warmUp = 0 } = {}) => {
    const rate = makeSchedule({ schedule, epochs, warmUp, lr: 1 } as never, 2);
    return Array.from({ length: 2 * epochs }, (_, step) => rate(step));
  };
  const each = (...perEpoch: number[]) => perEpoch.flatMap((rate) => [rate, rate]);

  test.each<[string, { warmUp?: number }, number[]]>([
    ['constant', {}, each(1, 1, 1, 1, 1, 1)],
    ['step', {}, each(1, 1, 0.1, 0.1, 0.01, 0.01)],
    ['step:3', {}, each(1, 1, 1, 0.1, 0.1, 0.1)],
    ['step:2:0.5', {}, each(1, 1, 0.5, 0.5, 0.25, 0.25)],
    ['step:2:0.5', { warmUp: 1 }, [0, 0.5, 1, 1, ...each(0.5, 0.5, 0.25, 0.25)]],
    ['step:9', {}, each(1, 1, 1, 1, 1, 1)],
    ['multistep:1,4:0.5', {}, each(1, 0.5, 0.5, 0.5, 0.25, 0.25)],
    ['multistep:2,5,80:0.5', { warmUp: 1.5 }, [0, 1 / 3, 2 / 3, 1, ...each(0.5, 0.5, 0.5, 0.25)]],
  ])('%s %j', (schedule, options, expected) => {
    const found = rates(schedule, options);
    expect(found).toHaveLength(expected.length);
    found.forEach((rate, step) => void expect(rate, `step ${step}`).toBeCloseTo(expected[step]!, 12));
  });

  test.each(['', 'steps', 'step:', 'step:0', 'step:1.5', 'step:2,3', 'step:2:0', 'step:2:x', 'step:2:1:1'])(
    'refuses %j',
    (schedule) => {
      expect(() => checkSchedule({ schedule, warmUp: 0, epochs: 6 })).toThrow(
        `multistep:30,60,80:0.1, but was given '${schedule}'.`,
      );
    },
  );
});
