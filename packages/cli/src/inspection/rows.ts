import type { Inspection } from 'tenfold';

type Layer = Inspection['layers'][number];

/** A line of the table: a layer, or a module with all that is inside. */
export interface Row {
  readonly name: string;
  /** The module's class or the operator. */
  readonly kind: string;
  readonly outputShape: readonly number[];
  readonly parameters: number;
  readonly macs: number;
  readonly receptiveField: Layer['receptiveField'];
  readonly layers: readonly Layer[];
}

/** The layers in order, with whatever lies more than `depth` modules deep folded into its module. */
export function rowsOf({ layers, modules }: Inspection, depth: number): Row[] {
  const kinds = new Map(modules.map(({ name, kind }) => [name, kind]));
  const isComposite = (module: string) =>
    module === '' || modules.some(({ name }) => name.startsWith(`${module}.`));
  const rows: { name: string; kind: string; layers: Layer[] }[] = [];
  for (const layer of layers) {
    const parts = layer.module === '' ? [] : layer.module.split('.');
    const folded = parts.slice(0, depth).join('.');
    const isFolded =
      parts.length > depth || (parts.length > 0 && (parts.length === depth || !isComposite(layer.module)));
    const name = isFolded ? (parts.length >= depth ? folded : layer.module) : layer.name;
    const last = rows.at(-1);
    if (isFolded && last?.name === name) last.layers.push(layer);
    else
      rows.push({
        name,
        kind: isFolded ? (kinds.get(name) ?? layer.operator) : layer.operator,
        layers: [layer],
      });
  }
  return rows.map(({ name, kind, layers: inside }) => {
    const last = inside.at(-1)!;
    const sum = (part: 'parameters' | 'macs') => inside.reduce((total, layer) => total + layer[part], 0);
    return {
      name,
      kind,
      outputShape: last.outputShape,
      parameters: sum('parameters'),
      macs: sum('macs'),
      receptiveField: last.receptiveField,
      layers: inside,
    };
  });
}
