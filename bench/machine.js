// What was measured on.

import { cpus } from 'node:os';

export function machine() {
  const [{ model }] = cpus();
  return `${model.trim()}, ${cpus().length} cores`;
}
