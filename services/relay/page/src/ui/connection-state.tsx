import { useEffect, useState, useSyncExternalStore } from 'react';
import { useText } from '../i18n/language.ts';
import type { Connection } from '../stream/follow-events.ts';

function subscribeOnline(listener: () => void): () => void {
  for (const type of ['online', 'offline']) addEventListener(type, listener);
  return () => {
    for (const type of ['online', 'offline']) removeEventListener(type, listener);
  };
}

/** How the page is connected to the session's log, and a way to not wait for the next try. */
export function ConnectionState({ connection, onRetry }: { connection: Connection; onRetry(): void }) {
  const text = useText().connection;
  const online = useSyncExternalStore(subscribeOnline, () => navigator.onLine);
  const seconds = useSecondsUntil(connection.name === 'reconnecting' ? connection.at : null);
  // A network that came back is a reason not to wait any longer.
  useEffect(() => {
    addEventListener('online', onRetry);
    return () => removeEventListener('online', onRetry);
  }, [onRetry]);

  const waiting = seconds > 0 ? text.reconnecting(seconds) : text.reconnectingNow;
  const label = {
    connecting: text.connecting,
    live: text.live,
    reconnecting: online ? waiting : text.offline,
  };
  return (
    <div className="connection" data-connection={connection.name} data-online={online}>
      <span className="connection-dot" aria-hidden="true" />
      <span className="connection-label">{label[connection.name]}</span>
      {connection.name === 'reconnecting' && (
        <button type="button" className="button link" onClick={onRetry}>
          {text.retry}
        </button>
      )}
    </div>
  );
}

/** Whole seconds until a moment in epoch milliseconds, counting down; 0 once it is there. */
function useSecondsUntil(at: number | null): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (at === null) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, [at]);
  return at === null ? 0 : Math.max(0, Math.ceil((at - now) / 1_000));
}
