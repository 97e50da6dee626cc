import type { CallSegment } from '../fold/segments.ts';
import type { Dictionary } from '../i18n/en.ts';
import { useText } from '../i18n/language.ts';
import { Icon } from './icons.tsx';

/** A call's arguments and result are shown up to so many characters each. */
const SHOWN_CHARACTERS_MAX = 20_000;

type CallState = 'running' | 'done' | 'failed' | 'interrupted' | 'waiting' | 'denied';

/** Where a call is. One that has no outcome when its run has ended will never have one. */
function stateOf(call: CallSegment, ended: boolean): CallState {
  if (call.outcome) return call.outcome.success ? 'done' : 'failed';
  if (call.approval === 'deny') return 'denied';
  if (ended) return 'interrupted';
  return call.approval === 'requested' ? 'waiting' : 'running';
}

/** A call of a tool: what it is, where it is, and, when opened, what went in and came out. */
export function CallView({ call, ended }: { call: CallSegment; ended: boolean }) {
  const text = useText().call;
  const state = stateOf(call, ended);
  const { outcome } = call;
  return (
    <details className="call" data-testid="tool-call" data-call-id={call.callId} data-state={state}>
      <summary>
        <span className="call-icon">
          <Icon name="tool" />
        </span>
        <code>{call.server ? `${call.server} / ${call.toolName}` : call.toolName}</code>
        <span className="call-state">
          {text[state]}
          {outcome && ` · ${duration(outcome.durationMs)}`}
        </span>
        <Icon name="chevron" />
      </summary>
      <Value label={text.arguments} value={call.arguments} words={text} />
      {outcome?.error && <Value label={text.error} value={outcome.error} words={text} />}
      {outcome && <Value label={text.result} value={outcome.result} words={text} />}
    </details>
  );
}

function Value({ label, value, words }: { label: string; value: unknown; words: Dictionary['call'] }) {
  if (value === undefined || value === null) return null;
  const shown = typeof value === 'string' ? value : JSON.stringify(value, null, 2);
  const over = shown.length - SHOWN_CHARACTERS_MAX;
  return (
    <div className="call-value">
      <span>{label}</span>
      <pre>{over > 0 ? `${shown.slice(0, SHOWN_CHARACTERS_MAX)}\n${words.cut(over)}` : shown}</pre>
    </div>
  );
}

const duration = (ms: number): string => (ms < 1_000 ? `${ms} ms` : `${(ms / 1_000).toFixed(1)} s`);
