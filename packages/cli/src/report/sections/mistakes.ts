import { html, type Markup } from '../markup.js';
import { percent } from '../numbers.js';
import type { Mistake, RunRecord } from '../run-record.js';

export function mistakes(record: RunRecord): Markup {
  const { test, data } = record;
  if (!test) return html``;
  const { height, width } = data.image;
  const small = Math.max(height, width) <= 64;
  return html`<section aria-labelledby="mistakes">
<h2 id="mistakes">Its worst mistakes</h2>
${
  record.mistakes.length === 0
    ? html`<p>None was recorded.</p>`
    : html`<p class="note">The wrong answers that it was surest of, the surest first.</p>
<ul class="${small ? 'mistakes small' : 'mistakes'}">${record.mistakes.map((mistake) => html`<li>${picture(mistake)}</li>`)}</ul>`
}
</section>`;
}

function picture({ image, index, trueClass, predictedClass, probability, trueProbability }: Mistake): Markup {
  const [truth, answer] = [trueClass, predictedClass].map((name) => name.trim() || 'unnamed');
  const words = `Test image ${index}: ${truth}, taken for ${answer}`;
  // Anything but a picture that the page carries itself would be fetched.
  const carried = /^data:image\/(png|jpeg|webp|gif);base64,[A-Za-z0-9+/=]+$/.test(image);
  return html`<figure>${
    carried
      ? html`<img src="${image}" alt="${words}">`
      : html`<div class="no-picture" role="img" aria-label="${words}">no picture</div>`
  }
<figcaption><span class="pair"><span class="label">true</span> <b><bdi>${truth}</bdi></b></span>
<span class="pair"><span class="label">taken for</span> <b class="wrong"><bdi>${answer}</bdi></b></span>
<small>${percent(probability)} sure${
    trueProbability !== undefined && html`<br>${percent(trueProbability)} for the truth`
  }<br>image ${index}</small></figcaption></figure>`;
}
