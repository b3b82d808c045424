export type { Builder, CommonOptions, OptionValue, Publication } from './_publish.js';
export { create, find, list, optionsOf } from './_registry.js';
export * from './families.js';
