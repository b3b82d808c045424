import { type Content, html, type Markup } from '../markup.js';

/** A box that scrolls sideways when its content is wider than the page; with a keyboard, too. */
export function scrollBox(label: string, content: Content): Markup {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${label}">${content}</div>`;
}
