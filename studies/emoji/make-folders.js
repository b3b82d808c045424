// Makes a folder of images per class from the emoji of two vendors: Google's to learn from, Twitter's to be tested on. The
// class of an emoji is its category in Unicode's order: animals and nature, flags, food and drink, ...
//
//   npm install --no-save emoji-datasource-google@16 emoji-datasource-twitter@16
//   node studies/emoji/make-folders.js runs/emoji-images

import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('Which folder? node studies/emoji/make-folders.js FOLDER');

const locate = createRequire(import.meta.url).resolve;
for (const [part, vendor] of Object.entries({ train: 'google', test: 'twitter' })) {
  const listed = locate(`emoji-datasource-${vendor}/emoji.json`);
  const emoji = JSON.parse(readFileSync(listed, 'utf8')).filter(
    ({ category, ...has }) => category !== 'Component' && has[`has_img_${vendor}`],
  );
  for (const { category, image } of emoji) {
    const target = join(folder, part, category.toLowerCase().replaceAll(' & ', '-and-'));
    mkdirSync(target, { recursive: true });
    copyFileSync(join(dirname(listed), 'img', vendor, '64', image), join(target, image));
  }
  console.log(`${emoji.length} emoji of ${vendor} in ${join(folder, part)}`);
}
