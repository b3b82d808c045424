// What is each of the ten techniques worth in tenfold_net? Each is taken out in turn, and the network sees 27,000 digits of
// MNIST once: with more, all would be right about nearly everything.
//
//   node studies/ablation/run.js

import { fileURLToPath } from 'node:url';
import { models } from 'tenfold';
import { percent, study, train } from '../study.js';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const arms = ['nothing', ...Object.keys(models.techniques)];

const results = await study({
  file: here('results.json'),
  arms,
  seeds: [1, 2, 3],
  run: async (without, seed) => {
    const learning = ['--epochs', '1', '--limit', '27000', '--augment', 'none', '--validation-fraction', '0'];
    const options = [
      '--model',
      'tenfold_net',
      '--model-option',
      `without=${without}`,
      '--seed',
      String(seed),
    ];
    const out = here(`../../runs/ablation/${without.replaceAll(' ', '-')}-${seed}`);
    const { testAccuracy } = await train([...options, ...learning], out);
    return { testAccuracy };
  },
});

for (const arm of arms) {
  const accuracies = results.filter((result) => result.arm === arm).map(({ testAccuracy }) => testAccuracy);
  console.log(`without ${arm.padEnd(24)}${percent(accuracies)}`);
}
