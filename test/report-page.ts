import { type DefaultTreeAdapterMap, defaultTreeAdapter, parse } from 'parse5';

type Node = DefaultTreeAdapterMap['node'];
type Element = DefaultTreeAdapterMap['element'];

/** A page as a browser would understand it. */
export class Page {
  readonly elements: readonly Element[];
  /** What the parser had to put up with. */
  readonly errors: readonly string[];

  constructor(html: string) {
    const errors: string[] = [];
    const document = parse(html, { onParseError: ({ code }) => errors.push(code) });
    this.errors = errors;
    this.elements = [...descendants(document)].filter(defaultTreeAdapter.isElementNode);
  }

  all(tag: string, withClass?: string): Element[] {
    return this.elements.filter(
      (element) =>
        element.tagName === tag &&
        (withClass === undefined || attribute(element, 'class')?.split(' ').includes(withClass)),
    );
  }

  one(tag: string, withClass?: string): Element {
    const [found, ...others] = this.all(tag, withClass);
    if (!found || others.length > 0) throw new Error(`${others.length + Number(!!found)} elements ${tag}`);
    return found;
  }

  /** The section that is labelled by the heading with this id. */
  section(id: string): Element {
    const found = this.all('section').find((element) => attribute(element, 'aria-labelledby') === id);
    if (!found) throw new Error(`no section ${id}`);
    return found;
  }

  /** The rows of the table that the box with this label holds, as texts. */
  table(label: string): string[][] {
    const box = this.elements.find((element) => attribute(element, 'aria-label') === label);
    if (!box) throw new Error(`no table ${label}`);
    return within(box, 'tr').map((row) =>
      row.childNodes.filter(defaultTreeAdapter.isElementNode).map((cell) => textOf(cell)),
    );
  }
}

export function within(element: Element, tag: string): Element[] {
  return [...descendants(element)]
    .filter(defaultTreeAdapter.isElementNode)
    .filter(({ tagName }) => tagName === tag);
}

export function attribute(element: Element, name: string): string | undefined {
  return element.attrs.find((attribute) => attribute.name === name)?.value;
}

/** Its text with single, ordinary spaces. */
export function textOf(element: Node): string {
  const texts = [...descendants(element)].filter(defaultTreeAdapter.isTextNode).map(({ value }) => value);
  return texts.join('').replace(/\s+/g, ' ').trim();
}

function* descendants(node: Node): Generator<Node> {
  if (!('childNodes' in node)) return;
  for (const child of node.childNodes) {
    yield child;
    yield* descendants(child);
  }
}
