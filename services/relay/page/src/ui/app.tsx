import type { Language } from '@semibot/protocol';
import { useEffect, useState, useSyncExternalStore } from 'react';
import type { Account } from '../api/account.ts';
import { LanguageContext, rememberLanguage, useText } from '../i18n/language.ts';
import { SignIn } from './sign-in.tsx';
import { Workspace } from './workspace.tsx';

export interface AppProps {
  account: Account;
  initialLanguage: Language;
  /** Told of another choice, so that the API answers in that language too. */
  onLanguage(language: Language): void;
}

/** The page: who is not signed in signs in, who is works. */
export function App({ account, initialLanguage, onLanguage }: AppProps) {
  const [language, setLanguage] = useState(initialLanguage);
  const choose = (next: Language) => {
    setLanguage(next);
    rememberLanguage(next);
    onLanguage(next);
  };
  useEffect(() => {
    document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
  }, [language]);
  return (
    <LanguageContext value={{ language, choose }}>
      <Content account={account} />
    </LanguageContext>
  );
}

function Content({ account }: { account: Account }) {
  const text = useText();
  const state = useSyncExternalStore(account.subscribe, () => account.state);
  switch (state.name) {
    case 'starting':
      return <Notice text={text.starting} />;
    case 'unreachable':
      return <Notice text={text.unreachable} />;
    case 'signed-out':
      return <SignIn account={account} local={state.local} />;
    case 'signed-in':
      return <Workspace key={state.user.id} account={account} user={state.user} />;
  }
}

function Notice({ text }: { text: string }) {
  return (
    <main className="notice">
      <p role="status">{text}</p>
    </main>
  );
}
