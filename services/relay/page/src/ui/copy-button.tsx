import { useEffect, useState } from 'react';
import { useText } from '../i18n/language.ts';
import { Icon } from './icons.tsx';

/** How long the button says that it has copied. */
const COPIED_SHOWN_MS = 2_000;

/** Copies a text. Not there where the browser does not let pages copy (plain HTTP from afar). */
export function CopyButton({ text }: { text: string }) {
  const words = useText();
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), COPIED_SHOWN_MS);
    return () => clearTimeout(timer);
  }, [copied]);
  const clipboard: Clipboard | undefined = navigator.clipboard;
  if (!clipboard) return null;
  const label = copied ? words.answer.copied : words.answer.copy;
  const copy = () =>
    void clipboard.writeText(text).then(
      () => setCopied(true),
      () => setCopied(false),
    );
  return (
    <button type="button" className="icon-button copy" aria-label={label} title={label} onClick={copy}>
      <Icon name={copied ? 'check' : 'copy'} />
    </button>
  );
}
