import { memo } from 'react';
import type { PendingMessage } from '../fold/pending.ts';
import type { UserMessage } from '../fold/session-fold.ts';
import { useText } from '../i18n/language.ts';

/** What a person said. */
export const UserMessageView = memo(({ message, steering }: { message: UserMessage; steering: boolean }) => {
  const text = useText().chat;
  return (
    <article className="user-message" aria-label={text.you} data-message-id={message.id}>
      <p className="bubble">{message.text}</p>
      {steering && <p className="delivery">{text.steering}</p>}
    </article>
  );
});

interface PendingMessageViewProps {
  message: PendingMessage;
  onRetry(key: string): void;
  /** Takes it out of here, back to where it can be changed. */
  onEdit(message: PendingMessage): void;
}

/** A message on its way. */
export function PendingMessageView({ message, onRetry, onEdit }: PendingMessageViewProps) {
  const text = useText().chat;
  const failed = message.state === 'failed';
  return (
    <article className="user-message" aria-label={text.you} data-pending={message.state}>
      <p className="bubble">{message.text}</p>
      {failed ? (
        <p className="delivery failed">
          <span role="alert">
            {message.problem ? `${text.sendFailed} ${message.problem}` : text.sendUnreachable}
          </span>
          <button type="button" className="button link" onClick={() => onRetry(message.key)}>
            {text.retry}
          </button>
          <button type="button" className="button link" onClick={() => onEdit(message)}>
            {text.edit}
          </button>
        </p>
      ) : (
        <p className="delivery">{text.sending}</p>
      )}
    </article>
  );
}
