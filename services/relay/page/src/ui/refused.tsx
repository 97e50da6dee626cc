import type { RequestFailure } from '../api/request-failure.ts';
import { useText } from '../i18n/language.ts';
import { ChatHeader } from './chat-header.tsx';
import { goTo } from './route.ts';

interface RefusedProps {
  failure: RequestFailure;
  title: string;
  onShowList(): void;
}

/** In place of a session that the API does not show. */
export function Refused({ failure, title, onShowList }: RefusedProps) {
  const text = useText();
  return (
    <main className="chat">
      <ChatHeader title={title} onShowList={onShowList} />
      <div className="welcome">
        <p role="alert">{failure.status === 404 ? text.chat.gone : failure.message}</p>
        <button type="button" className="button" onClick={() => goTo(null)}>
          {text.sessions.create}
        </button>
      </div>
    </main>
  );
}
