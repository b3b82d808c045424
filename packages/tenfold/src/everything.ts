/** All that a page may want, for the build to make one file of. */

export * from './index.js';
export * from './page/index.js';
export * from './session/index.js';
