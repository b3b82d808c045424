/** A nicety: pointing at a dot or a cell of a chart shows its numbers. All of them are in the tables, too. */
export const script = `
const tip = document.body.appendChild(document.createElement('div'));
tip.className = 'tip';
tip.hidden = true;
addEventListener('pointermove', ({ target, clientX, clientY }) => {
  const mark = target.closest?.('.chart [aria-label]');
  tip.hidden = !mark;
  if (!mark) return;
  tip.textContent = mark.getAttribute('aria-label');
  const { width, height } = tip.getBoundingClientRect();
  tip.style.left = Math.max(4, Math.min(clientX + 12, innerWidth - width - 4)) + 'px';
  tip.style.top = (clientY - height - 12 < 4 ? clientY + 16 : clientY - height - 12) + 'px';
});
`;
