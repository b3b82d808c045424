// @ts-check
// Do dilated convolutions help to segment shapes of very different sizes, and which rates? Every arm learns the same images
// for as long, with three seeds. The trained weights, which `draw.js` draws with, go to runs/segmentation.
//
//   node studies/segmentation/run.js

import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { start, stop, writeSafetensors } from 'tenfold';
import { study } from '../study.js';
import { arms } from './arms.js';
import { table } from './report.js';
import { shapes } from './shapes.js';
import { train } from './train.js';

const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));
const weights = here('../../runs/segmentation');
mkdirSync(weights, { recursive: true });

const { description } = await start();
console.log(description);
const [training, test] = [shapes('train'), shapes('test')];
const results = await study({
  file: here('results.json'),
  arms: arms.map(({ name }) => name),
  seeds: [1, 2, 3],
  run: async (/** @type {string} */ name, /** @type {number} */ seed) => {
    const { build } = /** @type {import('./arms.js').Arm} */ (arms.find((arm) => arm.name === name));
    const { model, losses, scores } = await train({ build, seed, training, test, onStep: report });
    await writeSafetensors(`${weights}/${name}-${seed}.safetensors`, await model.stateDict());
    model.dispose();
    return { losses, ...scores };
  },
});
await stop();
console.log(table(results));

/** @param {{ step: number, steps: number, loss: number }} progress */
function report({ step, steps, loss }) {
  if (step % 128 === 0) console.log(`  step ${step}/${steps}, loss ${loss.toFixed(3)}`);
}
