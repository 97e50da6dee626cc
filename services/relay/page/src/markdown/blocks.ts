import type { Root } from 'mdast';
import remarkGfm from 'remark-gfm';
import remarkParse from 'remark-parse';
import { unified } from 'unified';

const parser = unified().use(remarkParse).use(remarkGfm);
const parse = (text: string): Root => parser.parse(text);

/** A definition of a link or a footnote at the beginning of a line; it reaches over blocks. */
const DEFINITION = /^ {0,3}\[[^\]\n]+\]:/m;

/** Cuts a growing Markdown text into stretches that can be drawn each by itself. */
export interface BlockReader {
  /** The stretches of the text; all but the last stay the same as long as the text only grows. */
  read(text: string): readonly string[];
}

/**
 * A reader for one answer. More text at the end can change the last top-level block alone, so only that is parsed
 * again: what an answer costs to draw does not grow with its length.
 */
export function createBlockReader(): BlockReader {
  let finished: readonly string[] = [];
  let done = '';
  return {
    read: (text) => {
      if (!text.startsWith(done)) {
        finished = [];
        done = '';
      }
      const rest = text.slice(done.length);
      const last = parse(rest).children.at(-1)?.position?.start.offset ?? 0;
      if (last > 0) {
        finished = [...finished, rest.slice(0, last)];
        done += rest.slice(0, last);
      }
      return [...finished, rest.slice(last)];
    },
  };
}

/** Whether the text has to be drawn in one piece once it is whole. */
export const isIndivisible = (text: string): boolean => DEFINITION.test(text);
