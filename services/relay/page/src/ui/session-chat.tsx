import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import type { Account } from '../api/account.ts';
import type { MessageMode, PendingMessage } from '../fold/pending.ts';
import { useText } from '../i18n/language.ts';
import { createSessionApi } from '../session/session-api.ts';
import { createSessionStore, type SessionStore } from '../session/session-store.ts';
import type { SessionListStore } from '../sessions/session-list-store.ts';
import { Announcer } from './announcer.tsx';
import { AnswerView } from './answer-view.tsx';
import { ChatHeader } from './chat-header.tsx';
import { Composer } from './composer.tsx';
import { ConnectionState } from './connection-state.tsx';
import { Conversation } from './conversation.tsx';
import { focusWithKeyboard } from './focus-with-keyboard.ts';
import { Refused } from './refused.tsx';
import { useDraft } from './use-draft.ts';
import { useLiving } from './use-living.ts';
import { useTitle } from './use-title.ts';
import { PendingMessageView, UserMessageView } from './user-message-view.tsx';

interface SessionChatProps {
  account: Account;
  sessionId: string;
  list: SessionListStore;
  accepted: readonly PendingMessage[];
  onShowList(): void;
}

/** One open session. */
export function SessionChat({ account, sessionId, list, accepted, onShowList }: SessionChatProps) {
  const store = useLiving(() =>
    createSessionStore({
      sessionId,
      api: createSessionApi(account, sessionId),
      accepted,
      onActivity: list.refresh,
    }),
  );
  const title = useTitle(account, list, sessionId);
  return store && <OpenSession {...{ store, sessionId, title, onShowList }} />;
}

interface OpenSessionProps {
  store: SessionStore;
  sessionId: string;
  title: string;
  onShowList(): void;
}

function OpenSession({ store, sessionId, title, onShowList }: OpenSessionProps) {
  const text = useText();
  const view = useSyncExternalStore(store.subscribe, () => store.view);
  const [draft, write] = useDraft(sessionId);
  const [sent, setSent] = useState(0);
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => focusWithKeyboard(field.current), []);

  const send = useCallback(
    (message: string, mode: MessageMode) => {
      store.send(message, mode);
      setSent((before) => before + 1);
    },
    [store],
  );
  const askAgain = useCallback((question: string) => send(question, 'queue'), [send]);
  const edit = ({ key, text: message }: PendingMessage) => {
    store.discard(key);
    write(draft === '' ? message : `${message}\n\n${draft}`);
    field.current?.focus();
  };

  const [current] = view.active;
  const unreachable = view.problem === '' ? text.chat.actionFailed : view.problem;
  const problem = view.connection.name === 'reconnecting' ? view.connection.reason : unreachable;
  if (view.refused) {
    return <Refused failure={view.refused} title={title} onShowList={onShowList} />;
  }
  return (
    <main className="chat">
      <ChatHeader title={title} onShowList={onShowList}>
        <ConnectionState connection={view.connection} onRetry={store.reconnectNow} />
      </ChatHeader>
      <Conversation follow={sent}>
        {!view.loaded && <p className="phase breathing">{text.chat.loading}</p>}
        {view.hasEarlier && (
          <button type="button" className="button earlier" onClick={() => void store.loadEarlier()}>
            {text.chat.earlier}
          </button>
        )}
        {view.entries.map((entry) =>
          entry.kind === 'user' ? (
            <UserMessageView key={entry.message.id} message={entry.message} steering={entry.steering} />
          ) : (
            <AnswerView
              key={entry.answer.runId}
              answer={entry.answer}
              behind={entry.answer.runId !== current?.runId}
              onAskAgain={askAgain}
              onStop={store.stop}
            />
          ),
        )}
        {view.pending.map((message) => (
          <PendingMessageView key={message.key} message={message} onRetry={store.retry} onEdit={edit} />
        ))}
      </Conversation>
      <div className="composer-frame">
        {problem && (
          <p className="form-problem" role="alert">
            {problem}
          </p>
        )}
        <Composer
          draft={draft}
          onWrite={write}
          field={field}
          active={current !== undefined}
          stopping={current !== undefined && view.stopping.has(current.runId)}
          onSend={send}
          onStop={() => current && void store.stop(current.runId)}
        />
      </div>
      <Announcer entries={view.entries} connection={view.connection} />
    </main>
  );
}
