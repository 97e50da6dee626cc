/** What the demo model is going to say. */
export interface DemoScript {
  thinking: Iterable<string>;
  text: Iterable<string>;
  /** Between one chunk and the next, in milliseconds. */
  intervalMs: number;
  /** The code with which it fails after all that. */
  failure: string | null;
}

const DEFAULT_INTERVAL_MS = 20;
const COUNT_MAX = 100_000;
const INTERVAL_MAX_MS = 60_000;
const QUOTE_MAX_CHARACTERS = 200;

const COUNT = /\bcount to (\d{1,9})(?:\s+every\s+(\d{1,6})\s*ms)?/i;
const THINK_FIRST = /\bthink first\b/i;
const FAIL = /\bfail with ([A-Z][A-Z0-9_]{0,63})\b/i;
/** What needs more than a model, at the beginning of a message, and how the demo model says that it has it not. */
const NOT_YET: [RegExp, string][] = [
  [/^run (?:python|javascript|shell):/i, 'run code'],
  [/^use \S+ with \{/i, 'use tools'],
  [/^(?:remember|recall):/i, 'remember things between conversations'],
  [/^delegate to [^:]+:/i, 'delegate to other agents'],
];

/** The script for a message (API.md, "The demo model"). */
export function writeScript(message: string): DemoScript {
  const asked = message.trim();
  const notYet = NOT_YET.find(([pattern]) => pattern.test(asked))?.[1];
  if (notYet) return script({ text: words(`I cannot ${notYet} yet: this agent has a model and no tools.`) });

  const thinking = THINK_FIRST.test(asked) ? words(`I am asked: ${quote(asked)} Let me do that.`) : [];
  const failure = FAIL.exec(asked)?.[1]?.toUpperCase() ?? null;
  const [, to = 0, every = DEFAULT_INTERVAL_MS] = COUNT.exec(asked) ?? [];
  const count = Number(to);
  const intervalMs = Math.min(Number(every), INTERVAL_MAX_MS);
  if (count > COUNT_MAX) return script({ thinking, text: words(`I count to ${COUNT_MAX} at most.`) });
  if (count > 0) return script({ thinking, text: numbers(count), intervalMs, failure });
  return script({ thinking, text: failure ? [] : words(introduction(asked)), failure });
}

const script = (parts: Partial<DemoScript>): DemoScript => ({
  thinking: [],
  text: [],
  intervalMs: DEFAULT_INTERVAL_MS,
  failure: null,
  ...parts,
});

/** Each word with the white space before it, so that they join to exactly the text. */
const words = (text: string): string[] => text.match(/\s*\S+/g) ?? [];

function* numbers(to: number): Iterable<string> {
  for (let number = 1; number <= to; number += 1) yield number === 1 ? '1' : ` ${number}`;
}

const quote = (text: string): string => {
  const line = text.replaceAll(/\s+/g, ' ');
  return `“${line.length > QUOTE_MAX_CHARACTERS ? `${line.slice(0, QUOTE_MAX_CHARACTERS)}…` : line}”`;
};

const introduction = (asked: string): string =>
  `You said: ${quote(asked)}\n\n` +
  'I am the demo model. I need no key, and I know nothing; I am here to show that everything around me works. ' +
  'Ask me one of these:\n\n' +
  '- `count to 20`, or `count to 20 every 100 ms`\n' +
  '- `think first, then count to 5`\n' +
  '- `fail with SOME_CODE`\n\n' +
  'For real answers, give your agent another model.';
