import { memo } from 'react';
import { type Answer, sameAnswer } from '../fold/answer.ts';
import { hasEnded } from '../fold/run-phase.ts';
import { type Segment, segmentsText } from '../fold/segments.ts';
import { useText } from '../i18n/language.ts';
import { CallView } from './call-view.tsx';
import { CopyButton } from './copy-button.tsx';
import { FileView } from './file-view.tsx';
import { Markdown } from './markdown.tsx';
import { PhaseNote } from './phase-note.tsx';
import { PlanView } from './plan-view.tsx';
import { Thinking } from './thinking.tsx';

export interface AnswerViewProps {
  answer: Answer;
  /** Another answer is under way before it. */
  behind: boolean;
  onAskAgain(question: string): void;
  onStop(runId: string): void;
}

/** An answer, whole or on its way: `data-run-id` names its run, `data-status` where that is. */
export const AnswerView = memo(
  ({ answer, behind, onAskAgain, onStop }: AnswerViewProps) => {
    const text = useText().answer;
    const ended = hasEnded(answer.phase);
    const written = ended ? segmentsText(answer.segments) : '';
    const tokens = answer.tokens ? answer.tokens.in + answer.tokens.out : 0;
    return (
      <article
        className="answer"
        aria-label={text.label}
        aria-busy={!ended}
        data-run-id={answer.runId}
        data-status={answer.phase.name}
      >
        {answer.segments.map((segment, place) => (
          <SegmentView
            key={segment.index}
            segment={segment}
            growing={!ended && place === answer.segments.length - 1}
            ended={ended}
          />
        ))}
        <PhaseNote answer={answer} behind={behind} onAskAgain={onAskAgain} onStop={onStop} />
        {written !== '' && (
          <footer className="answer-footer">
            <CopyButton text={written} />
            {tokens > 0 && <span>{text.tokens(tokens)}</span>}
          </footer>
        )}
      </article>
    );
  },
  (before, after) =>
    sameAnswer(before.answer, after.answer) &&
    before.behind === after.behind &&
    before.onAskAgain === after.onAskAgain &&
    before.onStop === after.onStop,
);

function SegmentView({ segment, growing, ended }: { segment: Segment; growing: boolean; ended: boolean }) {
  switch (segment.kind) {
    case 'text':
      return <Markdown text={segment.text} growing={growing} />;
    case 'thinking':
      return <Thinking text={segment.text} growing={growing} />;
    case 'call':
      return <CallView call={segment} ended={ended} />;
    case 'plan':
      return <PlanView plan={segment} />;
    case 'file':
      return <FileView file={segment} />;
  }
}
