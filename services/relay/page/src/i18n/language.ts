import type { Language } from '@semibot/protocol';
import { createContext, useContext } from 'react';
import { type Dictionary, en } from './en.ts';
import { zh } from './zh.ts';

const KEY = 'semibot.language';
const DICTIONARIES: Record<Language, Dictionary> = { en, zh };

/** The languages under the names that they have for themselves. */
export const LANGUAGES: readonly { language: Language; name: string }[] = [
  { language: 'en', name: 'English' },
  { language: 'zh', name: '中文' },
];

/** The language that was chosen on this browser, else the one that it prefers. */
export function preferredLanguage(): Language {
  const chosen = readChoice();
  if (chosen === 'en' || chosen === 'zh') return chosen;
  return navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en';
}

export function rememberLanguage(language: Language): void {
  try {
    localStorage.setItem(KEY, language);
  } catch {
    // Good for this page alone.
  }
}

function readChoice(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

export interface LanguageChoice {
  language: Language;
  choose(language: Language): void;
}

export const LanguageContext = createContext<LanguageChoice>({ language: 'en', choose: () => undefined });

export const useLanguage = (): LanguageChoice => useContext(LanguageContext);

/** What the page says, in the language that was chosen. */
export const useText = (): Dictionary => DICTIONARIES[useLanguage().language];
