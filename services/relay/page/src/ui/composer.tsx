import { limits } from '@semibot/protocol';
import { type KeyboardEvent, type RefObject, useLayoutEffect, useState } from 'react';
import type { MessageMode } from '../fold/pending.ts';
import { useText } from '../i18n/language.ts';
import { Icon } from './icons.tsx';
import { ModeChoice } from './mode-choice.tsx';

export interface ComposerProps {
  draft: string;
  onWrite(draft: string): void;
  field: RefObject<HTMLTextAreaElement | null>;
  /** A run is active: a message can be queued, steer it or replace it, and it can be stopped. */
  active: boolean;
  stopping: boolean;
  onSend(text: string, mode: MessageMode): void;
  onStop(): void;
}

/** Where a message is written, and where the answer under way is stopped. */
export function Composer({ draft, onWrite, field, active, stopping, onSend, onStop }: ComposerProps) {
  const text = useText().composer;
  const [mode, setMode] = useState<MessageMode>('queue');
  const over = draft.length - limits.MESSAGE_MAX_CHARACTERS;
  const sendable = draft.trim() !== '' && over <= 0;

  const send = () => {
    if (!sendable) return;
    onSend(draft, active ? mode : 'queue');
    onWrite('');
    setMode('queue');
    field.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    // While an input method composes a word, Enter takes the word (Safari reports that by key code 229 alone).
    if (event.nativeEvent.isComposing || event.nativeEvent.keyCode === 229) return;
    if (event.key !== 'Enter' || event.shiftKey) return;
    event.preventDefault();
    send();
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: its height follows what is written.
  useLayoutEffect(() => {
    const area = field.current;
    if (!area) return;
    area.style.height = 'auto';
    area.style.height = `${area.scrollHeight}px`;
  }, [draft, field]);

  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {active && <ModeChoice mode={mode} onChoose={setMode} />}
      <div className="composer-box">
        <textarea
          ref={field}
          data-testid="composer"
          aria-label={text.message}
          placeholder={text.placeholder}
          rows={1}
          value={draft}
          onChange={(event) => onWrite(event.target.value)}
          onKeyDown={onKeyDown}
        />
        {active && (
          <button
            type="button"
            className="round-button stop"
            data-testid="stop"
            aria-label={stopping ? text.stopping : text.stop}
            title={stopping ? text.stopping : text.stop}
            disabled={stopping}
            onClick={() => {
              onStop();
              // The button goes when the run has ended; the focus must not go with it.
              field.current?.focus();
            }}
          >
            <Icon name="stop" />
          </button>
        )}
        <button
          type="submit"
          className="round-button send"
          data-testid="send"
          aria-label={text.send}
          title={text.send}
          disabled={!sendable}
        >
          <Icon name="send" />
        </button>
      </div>
      <p className="composer-hint">
        {over > 0 ? <strong role="alert">{text.tooLong(over)}</strong> : text.hint}
      </p>
    </form>
  );
}
