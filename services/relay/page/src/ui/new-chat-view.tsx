import { useEffect, useRef, useSyncExternalStore } from 'react';
import type { Account } from '../api/account.ts';
import type { PendingMessage } from '../fold/pending.ts';
import { useText } from '../i18n/language.ts';
import { createNewChat, type NewChat } from '../session/new-chat.ts';
import { ChatHeader } from './chat-header.tsx';
import { Composer } from './composer.tsx';
import { Conversation } from './conversation.tsx';
import { focusWithKeyboard } from './focus-with-keyboard.ts';
import { useDraft } from './use-draft.ts';
import { useLiving } from './use-living.ts';
import { PendingMessageView } from './user-message-view.tsx';

interface NewChatViewProps {
  account: Account;
  onStarted(sessionId: string, first: PendingMessage): void;
  onShowList(): void;
}

/** A chat that has not begun: its first message makes it a session. */
export function NewChatView({ account, onStarted, onShowList }: NewChatViewProps) {
  const chat = useLiving(() => createNewChat({ account, onStarted }));
  return chat && <Unbegun chat={chat} onShowList={onShowList} />;
}

function Unbegun({ chat, onShowList }: { chat: NewChat; onShowList(): void }) {
  const text = useText();
  const pending = useSyncExternalStore(chat.subscribe, () => chat.pending);
  const [draft, write] = useDraft(null);
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => focusWithKeyboard(field.current), []);
  useEffect(() => {
    document.title = text.appName;
  }, [text.appName]);
  return (
    <main className="chat">
      <ChatHeader title={text.sessions.create} onShowList={onShowList} />
      {pending.length === 0 ? (
        <div className="welcome">
          <h2>{text.chat.welcome}</h2>
        </div>
      ) : (
        <Conversation follow={pending.length}>
          {pending.map((message) => (
            <PendingMessageView
              key={message.key}
              message={message}
              onRetry={chat.retry}
              onEdit={({ key, text: message }) => {
                chat.discard(key);
                write(message);
                field.current?.focus();
              }}
            />
          ))}
        </Conversation>
      )}
      <div className="composer-frame">
        <Composer
          draft={draft}
          onWrite={write}
          field={field}
          active={false}
          stopping={false}
          onSend={(message) => chat.send(message)}
          onStop={() => undefined}
        />
      </div>
    </main>
  );
}
