import type { Command } from 'commander';
import { cost, models } from 'tenfold';
import { whole } from '../report/numbers.js';
import { table } from '../table.js';

interface ModelsOptions {
  readonly json?: boolean;
}

type Listed = ReturnType<typeof listed>;

export function addModelsCommand(program: Command): void {
  program
    .command('models')
    .description(
      'List the networks that can be trained or loaded: what they cost, their images, and who has pretrained weights.',
    )
    .option('--json', 'print a JSON array, which also has options and preprocessing, on standard output')
    .action((options: ModelsOptions) => {
      const networks = models.list().map(listed);
      const text = options.json ? JSON.stringify(networks) : lines(networks).join('\n');
      process.stdout.write(`${text}\n`);
    });
}

/** What there is to say about a network; it is counted on the meta device, where its weights take no memory. */
function listed({ name, paper, input, preprocessing, weights, defaults }: models.Publication) {
  const { height, width, channels } = input;
  const { parameters, multiplyAccumulates } = cost(() => models.create(name), [1, height, width, channels]);
  return {
    name,
    paper,
    parameters,
    multiplyAccumulates,
    input,
    preprocessing,
    ...(weights === undefined ? {} : { weights }),
    options: defaults,
  };
}

/** A table, in which each paper stands above its networks. */
function lines(networks: readonly Listed[]): string[] {
  const families = new Map<string, Listed[]>();
  for (const network of networks) {
    const paper = network.paper.replace(/^after |, section [\d.]+$/g, '');
    families.set(paper, [...(families.get(paper) ?? []), network]);
  }
  const header = ['', 'parameters', 'MACs', 'image', 'weights'];
  const [titles, ...rows] = table([header, ...[...families.values()].flat().map(cells)]);
  const body = [...families].flatMap(([paper, family]) => ['', paper, ...rows.splice(0, family.length)]);
  return [
    titles!,
    ...body,
    '',
    `${networks.length} networks. MACs: the multiply-accumulates that one image of that size takes.`,
    'weights: whose pretrained ones fit. To train one: tenfold train --model NAME',
  ];
}

function cells({ name, parameters, multiplyAccumulates, input, weights }: Listed): string[] {
  const { height, width, channels } = input;
  const [source = '-'] = weights?.split(' ') ?? [];
  return [
    `  ${name}`,
    whole(parameters),
    whole(multiplyAccumulates),
    `${height}x${width}x${channels}`,
    source,
  ];
}
