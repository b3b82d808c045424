import { percent } from '../progress.js';
import type { TestResult } from '../report/run-record.js';
import { table } from '../table.js';

/** More classes than this make a matrix that no terminal shows. */
const largestMatrix = 20;
const pairsShown = 10;

/** Lines for people: the totals, each class, and what was taken for what. */
export function evaluationLines(
  { loss, accuracy, perClass, confusion }: TestResult,
  names: readonly string[],
): string[] {
  const classes = perClass.map(({ images, correct, accuracy }, index) => [
    names[index]!,
    `${images}`,
    `${correct}`,
    accuracy === null ? '-' : percent(accuracy),
  ]);
  return [
    `loss ${loss.toFixed(4)}  accuracy ${percent(accuracy)}`,
    '',
    ...table([['class', 'images', 'correct', 'accuracy'], ...classes]),
    '',
    ...(names.length <= largestMatrix ? matrix(confusion, names) : commonConfusions(confusion, names)),
  ];
}

function matrix(confusion: TestResult['confusion'], names: readonly string[]): string[] {
  const numbers = names.map((_, index) => `${index}`);
  const rows = confusion.map((row, index) => [
    `${index} ${names[index]}`,
    ...row.map((count) => (count === 0 ? '.' : `${count}`)),
  ]);
  return ['rows: the true class, columns: what it was taken for', ...table([['', ...numbers], ...rows])];
}

function commonConfusions(confusion: TestResult['confusion'], names: readonly string[]): string[] {
  const pairs = confusion.flatMap((row, from) =>
    row.flatMap((count, to) => (from === to || count === 0 ? [] : [{ count, from, to }])),
  );
  const worst = pairs.sort((a, b) => b.count - a.count).slice(0, pairsShown);
  return worst.map(({ count, from, to }) => `${count} x ${names[from]} taken for ${names[to]}`);
}
