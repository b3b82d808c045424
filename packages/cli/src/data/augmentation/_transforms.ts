import type { Transform } from './_transform.js';
import { affine } from './affine.js';
import { crop } from './crop.js';
import { elastic } from './elastic.js';
import { erase } from './erase.js';
import { flip } from './flip.js';

/** What a spec may name. */
export const transforms: Readonly<Record<string, Transform>> = { crop, flip, affine, elastic, erase };
