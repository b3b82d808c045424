// What every study does: run each arm with each seed, keep what came out, and go on where it was stopped.

import { spawn } from 'node:child_process';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const command = fileURLToPath(new URL('../packages/cli/bin/tenfold.js', import.meta.url));

/**
 * Runs what is missing of `arms` x `seeds`, one after the other, and saves each result as soon as it is there, beside those
 * that other processes of the study have saved meanwhile.
 *
 * @param file Where results are kept: `[{ arm, seed, ...result }]`.
 * @param run Gives the result of one arm with one seed, as an object of JSON values.
 */
export async function study({ file, arms, seeds, run }) {
  const wanted = seeds.flatMap((seed) => arms.map((arm) => ({ arm, seed })));
  let trained = 0;
  for (const [index, { arm, seed }] of wanted.entries()) {
    const isThere = (result) => result.arm === arm && result.seed === seed;
    if (read(file).some(isThere)) continue;
    console.log(`${index + 1}/${wanted.length}  ${arm}, seed ${seed}`);
    const result = await run(arm, seed);
    trained++;
    console.log(`  ${JSON.stringify(result)}`);
    write(file, [...read(file).filter((other) => !isThere(other)), { arm, seed, ...result }]);
  }
  if (trained === 0) console.log(`all results are in ${file}; without that file, the study runs anew`);
  return read(file);
}

function read(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : [];
}

function write(file, results) {
  const part = `${file}.${process.pid}.part`;
  writeFileSync(part, `${JSON.stringify(results, null, 2)}\n`);
  renameSync(part, file);
}

/**
 * Runs `tenfold train` with these arguments, and those of the study's own command line (`--threads 1`), and gives its last
 * event. A run that was stopped before goes on.
 *
 * @param out The folder of the run.
 */
export async function train(args, out) {
  const resume = existsSync(`${out}/last.safetensors`) ? ['--resume'] : [];
  const common = [...process.argv.slice(2), '--out', out, '--json', ...resume];
  const child = spawn(process.execPath, [command, 'train', ...args, ...common], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.on('data', (part) => {
    text += part;
  });
  const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  if (code !== 0) throw new Error(`tenfold train ${args.join(' ')} ended with code ${code}`);
  return JSON.parse(text.trim().split('\n').at(-1));
}

/** Mean and standard deviation of a sample. */
export function summary(values) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / (values.length - 1)) };
}

/** `99.23 ± 0.06 %` from shares. */
export function percent(values) {
  const { mean, deviation } = summary(values);
  return `${(100 * mean).toFixed(2)} ± ${(100 * deviation).toFixed(2)} %`;
}
