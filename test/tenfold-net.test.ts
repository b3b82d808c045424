/** The showcase network is what its page says: ten techniques, each a real share of it, each removable. */

import { cost, models } from 'tenfold';
import { describe, expect, test } from 'vitest';

const { techniques, tenfoldNet } = models;
const names = Object.keys(techniques) as models.Technique[];
const image = [1, 28, 28, 1];
const whole = cost(() => tenfoldNet(), image);

function shareOf(technique: models.Technique): { parameters: number; multiplyAccumulates: number } {
  const own = whole.applications.filter(({ module }) => techniques[technique].test(module ?? ''));
  const sum = (count: (application: (typeof own)[number]) => number) =>
    own.reduce((total, application) => total + count(application), 0);
  return {
    parameters: sum(({ parameters }) => parameters) / whole.parameters,
    multiplyAccumulates: sum(({ cost }) => cost.multiplyAccumulates) / whole.multiplyAccumulates,
  };
}

test('ten techniques in at most 5 million multiply-accumulates', () => {
  expect(names).toHaveLength(10);
  expect(whole.multiplyAccumulates).toBeLessThanOrEqual(5_000_000);
});

test.each(names)('%s has at least 3 percent of the parameters or multiply-accumulates', (technique) => {
  const { parameters, multiplyAccumulates } = shareOf(technique);
  expect(Math.max(parameters, multiplyAccumulates)).toBeGreaterThanOrEqual(0.03);
});

describe('without', () => {
  const operators = (without: models.Technique | 'nothing') =>
    cost(() => tenfoldNet({ without }), image).applications.map(
      ({ operator, record }) => `${operator} ${JSON.stringify(record)}`,
    );
  const complete = operators('nothing');

  test.each(names)('%s, the network computes something else, of the same shape', (technique) => {
    const rest = cost(() => tenfoldNet({ without: technique }), image);
    expect(rest.applications.at(-1)?.outputShape).toEqual([1, 10]);
    expect(operators(technique)).not.toEqual(complete);
  });

  const counted = (without: models.Technique | 'nothing', pattern: RegExp) =>
    operators(without).filter((operator) => pattern.test(operator)).length;

  test.each([
    ['deformable', /^deformConv2d/, 1],
    ['channel shuffle', /^channelShuffle/, 1],
    ['squeeze-and-excitation', /^sigmoid/, 1],
    ['residual', /^add/, 3],
    ['dilated', /^conv2d .*"dilationHeight":2/, 1],
  ] as const)('%s, what makes it is gone', (technique, pattern, times) => {
    expect(counted('nothing', pattern)).toBe(times);
    expect(counted(technique, pattern)).toBe(0);
  });

  test('an unknown technique is refused with the known ones', () => {
    expect(() => tenfoldNet({ without: 'dropout' as models.Technique })).toThrow(
      /without must be one of nothing, stacked small kernels, .*, dense, not 'dropout'/,
    );
  });
});
