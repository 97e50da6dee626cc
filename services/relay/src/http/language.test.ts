import { expect, it } from 'vitest';
import { languageOf } from './language.ts';

it.each([
  [undefined, 'en'],
  ['', 'en'],
  ['zh', 'zh'],
  ['zh-CN,zh;q=0.9,en;q=0.8', 'zh'],
  ['en-US,en;q=0.9,zh;q=0.8', 'en'],
  ['fr-FR, zh;q=0.5, en;q=0.4', 'zh'],
  ['zh;q=0, en', 'en'],
  ['*', 'en'],
  ['de', 'en'],
  [';;,q=,', 'en'],
])('takes %j for %s', (header, language) => {
  expect(languageOf(header)).toBe(language);
});
