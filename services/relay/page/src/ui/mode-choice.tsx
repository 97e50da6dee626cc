import { MESSAGE_MODES } from '@semibot/protocol';
import type { MessageMode } from '../fold/pending.ts';
import { useText } from '../i18n/language.ts';

/** What the next message does to the answer under way. */
export function ModeChoice({ mode, onChoose }: { mode: MessageMode; onChoose(mode: MessageMode): void }) {
  const text = useText().composer;
  return (
    <fieldset className="modes" data-testid="modes">
      <legend className="visually-hidden">{text.mode}</legend>
      <span className="segmented">
        {MESSAGE_MODES.map((choice) => (
          <label key={choice} title={text.modeHints[choice]}>
            <input
              type="radio"
              name="mode"
              value={choice}
              checked={choice === mode}
              onChange={() => onChoose(choice)}
            />
            <span>{text.modes[choice]}</span>
          </label>
        ))}
      </span>
      <span className="mode-hint">{text.modeHints[mode]}</span>
    </fieldset>
  );
}
