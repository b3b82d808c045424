import { OptionError, optim } from 'tenfold';
import { describe, expect, test } from 'vitest';
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

  test.each([
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
