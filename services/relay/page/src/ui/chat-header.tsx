import type { ReactNode } from 'react';
import { useText } from '../i18n/language.ts';
import { Icon } from './icons.tsx';

/** The line above a chat: its title, and how it is connected. */
export function ChatHeader({
  title,
  onShowList,
  children,
}: {
  title: string;
  onShowList(): void;
  children?: ReactNode;
}) {
  const text = useText();
  return (
    <header className="chat-header">
      <button
        type="button"
        className="icon-button list-open"
        aria-label={text.sessions.open}
        onClick={onShowList}
      >
        <Icon name="menu" />
      </button>
      <h1 title={title}>{title}</h1>
      {children}
    </header>
  );
}
