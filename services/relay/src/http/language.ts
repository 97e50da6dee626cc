import type { Language } from '@semibot/protocol';

interface Range {
  tag: string;
  weight: number;
}

function readRange(text: string): Range {
  const [tag = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
  return { tag, weight: weight === undefined ? 1 : Number(weight) || 0 };
}

/** The language of answers by `Accept-Language`: the one of ours that is liked most; English where none is. */
export function languageOf(header: string | undefined): Language {
  const liked = (header ?? '')
    .split(',')
    .map(readRange)
    .filter(({ tag, weight }) => weight > 0 && /^(en|zh|\*)(-|$)/.test(tag))
    .sort((a, b) => b.weight - a.weight)[0];
  return liked?.tag.startsWith('zh') ? 'zh' : 'en';
}
