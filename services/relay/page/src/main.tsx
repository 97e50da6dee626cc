// First of all: zod builds its schemas when the modules below are loaded.
import './zod-without-eval.ts';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { createAccount } from './api/account.ts';
import { exclusively } from './api/exclusively.ts';
import { createLoginStore } from './api/stored-login.ts';
import { preferredLanguage } from './i18n/language.ts';
import { App } from './ui/app.tsx';

const root = document.getElementById('root');
if (!root) throw new Error('the page has no root');

let language = preferredLanguage();
const account = createAccount({
  store: createLoginStore(),
  language: () => language,
  exclusively,
  onOtherUser: () => location.reload(),
});
void account.start();

createRoot(root).render(
  <StrictMode>
    <App
      account={account}
      initialLanguage={language}
      onLanguage={(next) => {
        language = next;
      }}
    />
  </StrictMode>,
);
