import type { Session, User } from '@semibot/protocol';
import { type MouseEvent, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import type { Account } from '../api/account.ts';
import { useText } from '../i18n/language.ts';
import { forgetTab } from '../session/forget-tab.ts';
import type { SessionListStore } from '../sessions/session-list-store.ts';
import { Icon } from './icons.tsx';
import { LanguageChoice } from './language-choice.tsx';
import { goTo, sessionPath } from './route.ts';
import { DeleteDialog, RenameDialog } from './session-dialogs.tsx';

interface SessionListViewProps {
  account: Account;
  user: User;
  store: SessionListStore;
  sessionId: string | null;
  open: boolean;
  /** On a narrow page the list lies over the chat and is closed again. */
  onClose(): void;
}

/** The sessions beside the chat: begin one, go to one, rename one, delete one. */
export function SessionListView({ account, user, store, sessionId, open, onClose }: SessionListViewProps) {
  const text = useText();
  const list = useSyncExternalStore(store.subscribe, () => store.list);
  const [renaming, setRenaming] = useState<Session | null>(null);
  const [removing, setRemoving] = useState<Session | null>(null);

  const closer = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (open) closer.current?.focus();
  }, [open]);

  const go = (event: MouseEvent, to: string | null) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    goTo(to);
    onClose();
  };

  return (
    <>
      <button type="button" className="list-shade" tabIndex={-1} aria-hidden="true" onClick={onClose} />
      <nav
        className="session-list"
        aria-label={text.sessions.title}
        onKeyDown={(event) => {
          if (event.key === 'Escape') onClose();
        }}
      >
        <header className="list-header">
          <span className="brand">
            <img src="/favicon.svg" alt="" width="24" height="24" />
            {text.appName}
          </span>
          <button
            type="button"
            ref={closer}
            className="icon-button list-close"
            aria-label={text.sessions.close}
            onClick={onClose}
          >
            <Icon name="close" />
          </button>
        </header>
        <a
          className="button new-chat"
          href={sessionPath(null)}
          onClick={(event) => go(event, null)}
          data-testid="new-chat"
        >
          <Icon name="plus" />
          {text.sessions.create}
        </a>
        <ul className="sessions" data-testid="session-list">
          {list.sessions.map((session) => (
            <SessionItem
              key={session.id}
              session={session}
              current={session.id === sessionId}
              onGo={(event) => go(event, session.id)}
              onRename={() => setRenaming(session)}
              onRemove={() => setRemoving(session)}
            />
          ))}
        </ul>
        {list.loaded && list.sessions.length === 0 && <p className="list-empty">{text.sessions.none}</p>}
        {list.hasMore && (
          <button type="button" className="button link" onClick={() => void store.more()}>
            {text.sessions.more}
          </button>
        )}
        <footer className="list-footer">
          <LanguageChoice />
          <div className="user">
            <span className="user-name" title={user.email}>
              {user.name}
            </span>
            <button
              type="button"
              className="icon-button"
              aria-label={text.sessions.signOut}
              title={text.sessions.signOut}
              onClick={() => {
                forgetTab();
                void account.logout();
              }}
            >
              <Icon name="leave" />
            </button>
          </div>
        </footer>
      </nav>
      {renaming && <RenameDialog session={renaming} store={store} onClose={() => setRenaming(null)} />}
      {removing && (
        <DeleteDialog
          session={removing}
          store={store}
          onClose={() => setRemoving(null)}
          onDeleted={() => {
            if (removing.id === sessionId) goTo(null, 'replace');
          }}
        />
      )}
    </>
  );
}

interface SessionItemProps {
  session: Session;
  current: boolean;
  onGo(event: MouseEvent): void;
  onRename(): void;
  onRemove(): void;
}

function SessionItem({ session, current, onGo, onRename, onRemove }: SessionItemProps) {
  const text = useText().sessions;
  // A session that was made without a title has none before its first message.
  const title = session.title === '' ? text.untitled : session.title;
  return (
    <li data-session-id={session.id}>
      <a
        href={sessionPath(session.id)}
        aria-current={current ? 'page' : undefined}
        title={title}
        onClick={onGo}
      >
        {title}
      </a>
      <span className="session-actions">
        <button type="button" className="icon-button" aria-label={text.rename(title)} onClick={onRename}>
          <Icon name="pencil" />
        </button>
        <button type="button" className="icon-button" aria-label={text.remove(title)} onClick={onRemove}>
          <Icon name="trash" />
        </button>
      </span>
    </li>
  );
}
