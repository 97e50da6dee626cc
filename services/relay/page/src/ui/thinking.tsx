import { useText } from '../i18n/language.ts';
import { Icon } from './icons.tsx';

/** What a model thought before it spoke; closed until somebody wants to read it. */
export function Thinking({ text, growing }: { text: string; growing: boolean }) {
  const words = useText().answer;
  return (
    <details className="thinking" data-testid="thinking">
      <summary>
        <Icon name="chevron" />
        <span className={growing ? 'breathing' : undefined}>{growing ? words.thinking : words.thought}</span>
      </summary>
      <p className="thinking-text">{text}</p>
    </details>
  );
}
