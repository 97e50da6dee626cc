import type { Side } from '../sides.ts';

/** What a workload measured on one side: figures by name. */
export type Figures = Record<string, number>;

/** Something that is done on both sides in the same way. */
export interface Workload {
  title: string;
  run(side: Side): Promise<Figures>;
}

/** How fast a session speaks. */
export const TOKENS_PER_SECOND = 20;
