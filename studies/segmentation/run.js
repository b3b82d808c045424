// @ts-check
/**
 * Trains every arm with every seed and keeps what came out in results.json. What is there already is not done again, so
 * a run that was stopped goes on with the arm that it was at.
 *
 *   npm run build && node studies/segmentation/run.js [--seeds 1,2,3] [--arms plain,hdc] [--threads 1]
 */

import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { start, stop, writeSafetensors } from 'tenfold';
import { arms } from './arms.js';
import { shapes } from './shapes.js';
import { train } from './train.js';

const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));
const file = here('results.json');
/** The trained weights, for `draw.js`; not committed. */
const weights = here('../../runs/segmentation');

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1,2,3' },
    arms: { type: 'string', default: arms.map(({ name }) => name).join(',') },
    threads: { type: 'string', default: '1' },
  },
});
const chosen = values.arms.split(',').map((name) => {
  const arm = arms.find((each) => each.name === name);
  if (arm === undefined)
    throw new Error(`there is no arm '${name}'; expected ${arms.map(({ name }) => name).join(', ')}`);
  return arm;
});

/** @returns {import('./report.js').Result[]} */
const results = () => (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : []);

console.log((await start({ threads: Number(values.threads) })).description);
mkdirSync(weights, { recursive: true });
const [training, test] = [shapes('train'), shapes('test')];
for (const seed of values.seeds.split(',').map(Number)) {
  for (const { name, build } of chosen) {
    if (results().some((result) => result.arm === name && result.seed === seed)) continue;
    const begun = performance.now();
    const { model, losses, scores } = await train({
      build,
      seed,
      training,
      test,
      onStep: progress(name, seed),
    });
    const seconds = Math.round((performance.now() - begun) / 1000);
    await writeSafetensors(`${weights}/${name}-${seed}.safetensors`, await model.stateDict());
    model.dispose();
    save({ arm: name, seed, losses, ...scores });
    console.log(
      `${name}, seed ${seed}: mean IoU ${scores.meanIoU.toFixed(3)}, small ${scores.smallIoU.toFixed(3)}, ` +
        `large ${scores.largeIoU.toFixed(3)}, ${seconds} s`,
    );
  }
}
await stop();

/**
 * @param {string} name
 * @param {number} seed
 */
function progress(name, seed) {
  return (/** @type {{ step: number, steps: number, loss: number }} */ { step, steps, loss }) => {
    if (step % 128 === 0)
      console.log(`  ${name}, seed ${seed}: step ${step}/${steps}, loss ${loss.toFixed(3)}`);
  };
}

/**
 * Reads what is there again, because another process may have added to it.
 *
 * @param {import('./report.js').Result} result
 */
function save(result) {
  const place = ({ arm, seed }) => 1000 * arms.findIndex(({ name }) => name === arm) + seed;
  const all = [...results(), result].sort((a, b) => place(a) - place(b));
  writeFileSync(`${file}.part`, `${JSON.stringify(all, null, 2)}\n`);
  renameSync(`${file}.part`, file);
}
