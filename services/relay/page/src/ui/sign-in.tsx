import { type SubmitEvent, useState } from 'react';
import type { Account } from '../api/account.ts';
import { RequestFailure } from '../api/request-failure.ts';
import { useText } from '../i18n/language.ts';
import { LanguageChoice } from './language-choice.tsx';

/** Signing in, or making an account; `local` offers the owner of this machine the way without a password. */
export function SignIn({ account, local }: { account: Account; local: boolean }) {
  const text = useText();
  const [registering, setRegistering] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);

  const attempt = async (work: () => Promise<void>) => {
    setBusy(true);
    setProblem(null);
    try {
      await work();
    } catch (thrown) {
      const failure = RequestFailure.from(thrown);
      setProblem(failure.status === 0 ? text.signIn.unreachable : failure.message);
      setBusy(false);
    }
  };
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const field = (name: string) => String(form.get(name) ?? '');
    const login = { email: field('email').trim(), password: field('password') };
    const more = { name: field('name'), orgName: field('organization') };
    void attempt(() => (registering ? account.register({ ...login, ...more }) : account.login(login)));
  };

  return (
    <main className="sign-in">
      <div className="sign-in-card">
        <h1>{text.appName}</h1>
        <form onSubmit={submit} aria-label={registering ? text.signIn.register : text.signIn.login}>
          {registering && <Field name="name" label={text.signIn.name} autoComplete="name" />}
          {registering && (
            <Field name="organization" label={text.signIn.organization} autoComplete="organization" />
          )}
          <Field name="email" label={text.signIn.email} type="email" autoComplete="username" />
          <Field
            name="password"
            label={text.signIn.password}
            type="password"
            autoComplete={registering ? 'new-password' : 'current-password'}
            {...(registering ? { minLength: 8, placeholder: text.signIn.passwordHint } : {})}
          />
          <p className="form-problem" role="alert">
            {problem}
          </p>
          <button type="submit" className="button primary" disabled={busy}>
            {registering ? text.signIn.register : text.signIn.login}
          </button>
        </form>
        {local && (
          <button
            type="button"
            className="button"
            disabled={busy}
            onClick={() => void attempt(account.loginLocally)}
          >
            {text.signIn.local}
          </button>
        )}
        <button
          type="button"
          className="button link"
          onClick={() => {
            setRegistering(!registering);
            setProblem(null);
          }}
        >
          {registering ? text.signIn.toLogin : text.signIn.toRegister}
        </button>
      </div>
      <LanguageChoice />
    </main>
  );
}

interface FieldProps {
  name: string;
  label: string;
  autoComplete: string;
  type?: 'text' | 'email' | 'password';
  minLength?: number;
  placeholder?: string;
}

function Field({ label, ...input }: FieldProps) {
  return (
    <label className="field">
      <span>{label}</span>
      <input required maxLength={320} {...input} />
    </label>
  );
}
