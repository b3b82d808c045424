/** docs/operators.md: which operator runs where. Written by `npm test -- -u`, compared by every other run. */

import type { Device } from 'tenfold';
import { expect, test } from 'vitest';
import { pick } from '../../packages/tenfold/dist/device/wasm/pick.js';
import { type Case, trialOf } from '../cases/_case.js';
import { meta, reference, wasm } from '../devices.js';
import { operatorName, tables } from './tables.js';
import { perform } from './trial.js';

interface Call {
  readonly kernel: string;
  readonly record: object;
}

/** What the cases of one operator ask of a device; `backward` is undefined if no input gets a gradient. */
function askedBy(file: string, cases: readonly Case[]) {
  const forward: Call[] = [];
  const backward: Call[] = [];
  let differentiable = false;
  for (const it of cases) {
    const trial = trialOf(operatorName(file), it);
    let calls = forward;
    const listening: Device = { ...meta, run: (kernel, record) => void calls.push({ kernel, record }) };
    const apply: typeof trial.apply = (inputs) => {
      const result = trial.apply(inputs);
      calls = backward;
      return result;
    };
    perform(listening, { ...trial, apply }).dispose();
    differentiable ||= Object.values(trial.inputs).some(({ gradient }) => gradient);
  }
  return { forward, backward: differentiable ? backward : undefined };
}

const onReference = (calls: readonly Call[]) => calls.every(({ kernel }) => reference.kernels!.has(kernel));
const onWasm = (calls: readonly Call[]) =>
  calls.every(({ kernel, record }) => wasm.kernels!.has(pick(kernel, record)));

test('docs/operators.md is up to date', async () => {
  const answer = (calls: readonly Call[] | undefined, has: (calls: readonly Call[]) => boolean) =>
    calls === undefined ? '-' : has(calls) ? 'yes' : 'no';
  const rows = [...tables]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([file, cases]) => {
      const { forward, backward } = askedBy(file, cases);
      return [
        `\`${operatorName(file)}\``,
        ...[onWasm, onReference].flatMap((has) => [answer(forward, has), answer(backward, has)]),
        'yes',
        cases.length,
      ];
    });
  const header = ['operator', 'wasm', 'its gradient', 'reference', 'its gradient', 'meta', 'cases'];
  const lines = [header, header.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`);
  const page = `# Operators and devices

What runs where: \`wasm\` trains and infers, \`reference\` judges it in float64, \`meta\` knows shapes only. The cases behind
each row are in \`test/cases\`; the contract suite runs each of them on every device.

${lines.join('\n')}
`;
  await expect(page).toMatchFileSnapshot('../../docs/operators.md');
});
