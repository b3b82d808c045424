/** What the drawings of techniques are made of: one look, light and dark, and channels as dots with lines between them. */

const style = `
  svg { --page: #ffffff; --ink: #1b1f24; --muted: #57606a; --panel: #f0f2f5; --rule: #9aa2ab;
    --blue: #0072b2; --orange: #c2540a; --green: #00805e; }
  @media (prefers-color-scheme: dark) {
    svg { --page: #14171a; --ink: #e4e7ea; --muted: #a0a8b1; --panel: #262b31; --rule: #69727c;
      --blue: #56b4e9; --orange: #f0883e; --green: #3fc79a; }
  }
  text { font: 13px system-ui, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif; fill: var(--ink); }
  .title { font-weight: 600; }
  .muted { fill: var(--muted); }
  .line { fill: none; stroke-width: 1; stroke-opacity: 0.6; }
  .thick { stroke-width: 3; stroke-opacity: 0.8; }
  .arrow { fill: none; stroke: var(--muted); stroke-width: 1.5; }
  .head { fill: var(--muted); }
  .panel { fill: var(--panel); stroke: var(--rule); }`;

export type Colour = 'blue' | 'orange' | 'green' | 'rule';

export const colours: readonly Colour[] = ['blue', 'orange', 'green'];

/** A whole picture; `title` is what screen readers say. */
export function picture(width: number, height: number, title: string, parts: readonly string[]): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img">
<title>${title}</title>
<style>${style}
</style>
<rect width="${width}" height="${height}" fill="var(--page)"/>
${parts.join('\n')}
</svg>
`;
}

export function text(x: number, y: number, content: string, options: TextOptions = {}): string {
  const { kind, anchor = 'middle' } = options;
  const style = kind === undefined ? '' : ` class="${kind}"`;
  return `<text${style} x="${round(x)}" y="${round(y)}" text-anchor="${anchor}">${content}</text>`;
}

export interface TextOptions {
  readonly kind?: 'title' | 'muted';
  /** @default middle */
  readonly anchor?: 'start' | 'middle' | 'end';
}

/** Channels one below the other. */
export interface Column {
  readonly x: number;
  readonly ys: readonly number[];
}

export function column(x: number, top: number, count: number, step = 20): Column {
  return { x, ys: Array.from({ length: count }, (_, index) => top + index * step) };
}

/** A dot for each channel; one with several colours is divided among them. */
export function dots({ x, ys }: Column, coloursOf: (channel: number) => readonly Colour[]): string[] {
  const radius = 6;
  return ys.flatMap((y, channel) => {
    const found = coloursOf(channel);
    if (found.length === 1) return [`<circle cx="${x}" cy="${y}" r="${radius}" fill="var(--${found[0]})"/>`];
    return found.map((colour, part) => {
      const [from, to] = [part, part + 1].map((edge) => (edge / found.length) * 2 * Math.PI) as [
        number,
        number,
      ];
      const at = (angle: number) =>
        `${round(x + radius * Math.sin(angle))} ${round(y - radius * Math.cos(angle))}`;
      return `<path d="M ${x} ${y} L ${at(from)} A ${radius} ${radius} 0 0 1 ${at(to)} Z" fill="var(--${colour})"/>`;
    });
  });
}

/** A line for each channel of `to` and each channel of `from` that it reads. */
export function lines(
  from: Column,
  to: Column,
  reads: (to: number, from: number) => boolean,
  colourOf: (to: number, from: number) => Colour,
  thick = false,
): string[] {
  return to.ys.flatMap((y2, output) =>
    from.ys.flatMap((y1, input) =>
      reads(output, input)
        ? [
            `<path class="line${thick ? ' thick' : ''}" stroke="var(--${colourOf(output, input)})" d="M ${from.x + 6} ${y1} L ${to.x - 6} ${y2}"/>`,
          ]
        : [],
    ),
  );
}

export function arrow(x1: number, y1: number, x2: number, y2: number): string {
  const length = Math.hypot(x2 - x1, y2 - y1);
  const [dx, dy] = [(x2 - x1) / length, (y2 - y1) / length];
  const [bx, by] = [x2 - 8 * dx, y2 - 8 * dy];
  const corners = [
    `${x2} ${y2}`,
    `${round(bx - 4 * dy)} ${round(by + 4 * dx)}`,
    `${round(bx + 4 * dy)} ${round(by - 4 * dx)}`,
  ];
  return `<path class="arrow" d="M ${x1} ${y1} L ${round(bx)} ${round(by)}"/><path class="head" d="M ${corners.join(' L ')} Z"/>`;
}

export function round(value: number): number {
  return Math.round(value * 10) / 10;
}
