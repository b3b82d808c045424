import type { TopLevelSpec } from 'vega-lite';
import { drawChart } from '../../report/charts/draw.js';
import { type Content, html } from '../../report/markup.js';
import { digits } from '../figures.js';
import type { Material } from './material.js';

export async function pathLengths({ examination }: Material): Promise<Content> {
  const { paths } = examination.inspection;
  if (paths.count === '1' || paths.count === '0') return '';
  const total = BigInt(paths.count);
  const values = paths.lengths.map(({ length, count }) => ({
    length,
    share: Number((BigInt(count) * 1_000_000_000n) / total) / 1e7,
    text: `${digits(count)} paths of ${length} layers`,
  }));
  const spec: TopLevelSpec = {
    width: 460,
    height: 200,
    autosize: { type: 'fit', contains: 'padding' },
    data: { values },
    mark: { type: 'bar', color: 'var(--training)', width: { band: 0.8 } },
    encoding: {
      x: {
        field: 'length',
        type: 'ordinal',
        title: 'layers with weights on the path',
        axis: { labelAngle: 0, labelOverlap: 'greedy' },
      },
      y: { field: 'share', type: 'quantitative', title: 'share of the paths, %' },
      description: { field: 'text' },
    },
  };
  return html`<section aria-labelledby="paths">
<h2 id="paths">Which ways lead through</h2>
<p>Skip connections and branches make ${digits(paths.count)} paths from the image to the last feature map, of ${paths.shortest} to
${paths.longest} layers, ${paths.meanLength.toFixed(1)} on average (Veit, Wilber and Belongie 2016).</p>
<figure class="wide"><figcaption><strong>Lengths of the paths</strong></figcaption>
${await drawChart(spec, 'Distribution of the lengths of paths')}</figure>
</section>`;
}
