import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the clone. */
export const REPOSITORY = fileURLToPath(new URL('../../../', import.meta.url)).replace(/\/$/, '');
/** The Node that the parts run under: the one that `npm ci` brought. */
export const NODE = join(REPOSITORY, 'node_modules', '.bin', 'node');
/** A file of the clone. */
export const inRepository = (...path: string[]): string => join(REPOSITORY, ...path);
