import type { Answer } from '../fold/answer.ts';
import { useText } from '../i18n/language.ts';
import { Icon } from './icons.tsx';

interface PhaseNoteProps {
  answer: Answer;
  behind: boolean;
  onAskAgain(question: string): void;
  onStop(runId: string): void;
}

/** Where an answer is, in words, wherever its text does not say so by itself. */
export function PhaseNote({ answer, behind, onAskAgain, onStop }: PhaseNoteProps) {
  const text = useText();
  const { phase, runId } = answer;
  switch (phase.name) {
    case 'queued':
      return (
        <p className="phase">
          <span className="breathing">{behind ? text.answer.queuedBehind : text.answer.queued}</span>
          {behind && (
            <button type="button" className="button link" onClick={() => onStop(runId)}>
              {text.answer.dequeue}
            </button>
          )}
        </p>
      );
    case 'starting':
      return <Waiting text={text.answer.starting(text.vmStates[phase.state] ?? phase.state)} />;
    case 'running': {
      const last = answer.segments.at(-1);
      const speaks = last?.kind === 'text' || last?.kind === 'thinking';
      const works = last?.kind === 'call' && !last.outcome;
      return speaks || works ? null : <Waiting text={text.answer.running} />;
    }
    case 'lost':
      return <Waiting text={text.answer.lost} />;
    case 'recovered':
      return <Waiting text={text.answer.recovered} />;
    case 'completed':
      return null;
    case 'cancelled':
      return <p className="phase">{text.answer.cancelled}</p>;
    case 'failed':
      return <Failure phase={phase} question={answer.question} onAskAgain={onAskAgain} />;
  }
}

function Waiting({ text }: { text: string }) {
  return (
    <p className="phase">
      <span className="breathing">{text}</span>
    </p>
  );
}

interface FailureProps {
  phase: Extract<Answer['phase'], { name: 'failed' }>;
  question: string | null;
  onAskAgain(question: string): void;
}

/** Why an answer broke off, what to do about it, and the way to do it. */
function Failure({ phase, question, onAskAgain }: FailureProps) {
  const text = useText();
  const hint = (phase.code && text.errorHints[phase.code]) ?? text.errorHint;
  return (
    <div className="failure">
      <Icon name="alert" />
      <div>
        <p>
          <strong>{phase.message ?? text.answer.failed}</strong>
        </p>
        <p>{hint}</p>
        {phase.code && <code>{phase.code}</code>}
      </div>
      {question !== null && (
        <button type="button" className="button" onClick={() => onAskAgain(question)}>
          <Icon name="retry" />
          {text.answer.retry}
        </button>
      )}
    </div>
  );
}
