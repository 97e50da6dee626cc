import { limits, type Session } from '@semibot/protocol';
import { type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { RequestFailure } from '../api/request-failure.ts';
import { useText } from '../i18n/language.ts';
import type { SessionListStore } from '../sessions/session-list-store.ts';

interface SessionDialogProps {
  session: Session;
  store: SessionListStore;
  onClose(): void;
}

/** Gives a session another title. */
export function RenameDialog({ session, store, onClose }: SessionDialogProps) {
  const text = useText().sessions;
  const [title, setTitle] = useState(session.title);
  return (
    <ActionDialog
      heading={text.renameTitle}
      action={text.save}
      onClose={onClose}
      onConfirm={async () => {
        const wanted = title.trim();
        if (wanted !== '' && wanted !== session.title) await store.rename(session.id, wanted);
      }}
    >
      <label className="field">
        <span>{text.newTitle}</span>
        <input
          value={title}
          required
          maxLength={limits.TITLE_MAX_CHARACTERS}
          onChange={(event) => setTitle(event.target.value)}
          onFocus={(event) => event.target.select()}
        />
      </label>
    </ActionDialog>
  );
}

/** Asks before it deletes a session. */
export function DeleteDialog({
  session,
  store,
  onClose,
  onDeleted,
}: SessionDialogProps & { onDeleted(): void }) {
  const text = useText().sessions;
  return (
    <ActionDialog
      heading={text.removeTitle}
      action={text.delete}
      danger
      onClose={onClose}
      onConfirm={async () => {
        await store.remove(session.id);
        onDeleted();
      }}
    >
      <p>{text.removeText(session.title || text.untitled)}</p>
    </ActionDialog>
  );
}

interface ActionDialogProps {
  heading: string;
  action: string;
  danger?: boolean;
  children: ReactNode;
  onConfirm(): Promise<void>;
  onClose(): void;
}

/** A question over the page, which stays until it is answered or left. */
function ActionDialog({ heading, action, danger = false, children, onConfirm, onClose }: ActionDialogProps) {
  const text = useText().sessions;
  const dialog = useRef<HTMLDialogElement>(null);
  const headingId = useId();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  const confirm = async () => {
    setBusy(true);
    try {
      await onConfirm();
      onClose();
    } catch (thrown) {
      const failure = RequestFailure.from(thrown);
      setProblem(failure.status === 0 ? text.failed : failure.message);
      setBusy(false);
    }
  };
  return (
    <dialog ref={dialog} className="dialog" aria-labelledby={headingId} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void confirm();
        }}
      >
        <h2 id={headingId}>{heading}</h2>
        {children}
        {problem && (
          <p className="form-problem" role="alert">
            {problem}
          </p>
        )}
        <div className="dialog-actions">
          <button type="button" className="button" onClick={() => dialog.current?.close()}>
            {text.cancel}
          </button>
          <button type="submit" className={danger ? 'button danger' : 'button primary'} disabled={busy}>
            {action}
          </button>
        </div>
      </form>
    </dialog>
  );
}
