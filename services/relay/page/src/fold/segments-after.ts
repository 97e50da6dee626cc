import type { SessionEvent } from '@semibot/protocol';
import { changeCall, completeCall, startCall } from './call-segments.ts';
import type { PlanStep, Segment } from './segments.ts';

/**
 * What a run shows after one more of its events; the same array where the event changes nothing of it. What is given
 * is never changed. Withdrawing (`step_restarted`) is the run's matter, which still has the events.
 */
export function segmentsAfter(segments: readonly Segment[], event: SessionEvent): readonly Segment[] {
  switch (event.type) {
    case 'text_chunk':
      return withText(segments, 'text', event.index, event.text);
    case 'thinking':
      return withText(segments, 'thinking', event.index, event.text);
    case 'tool_call_start':
    case 'skill_call_start':
    case 'mcp_call_start':
      return startCall(segments, event);
    case 'tool_call_complete':
    case 'skill_call_complete':
    case 'mcp_call_complete':
      return completeCall(segments, event);
    case 'approval_requested':
      return changeCall(startCall(segments, event), event.callId, (call) => ({
        ...call,
        approval: 'requested',
      }));
    case 'approval_resolved':
      return changeCall(segments, event.callId, (call) => ({ ...call, approval: event.decision }));
    case 'plan_created':
      return [
        ...segments,
        { kind: 'plan', index: event.index, goal: event.goal, steps: plannedSteps(event) },
      ];
    case 'plan_step_start':
      return withStep(segments, event.stepId, 'active');
    case 'plan_step_complete':
      return withStep(segments, event.stepId, 'done');
    case 'plan_step_failed':
      return withStep(segments, event.stepId, 'failed');
    case 'file_created': {
      const { index, fileId, name, bytes } = event;
      return [...segments, { kind: 'file', index, fileId, name, bytes }];
    }
    default:
      return segments;
  }
}

function withText(
  segments: readonly Segment[],
  kind: 'text' | 'thinking',
  index: number,
  text: string,
): readonly Segment[] {
  const last = segments.at(-1);
  if (last?.kind === kind) return segments.with(-1, { ...last, text: last.text + text });
  return [...segments, { kind, index, text }];
}

const plannedSteps = (event: { steps: { stepId: string; title: string }[] }): PlanStep[] =>
  event.steps.map(({ stepId, title }) => ({ stepId, title, state: 'waiting' }));

function withStep(
  segments: readonly Segment[],
  stepId: string,
  state: PlanStep['state'],
): readonly Segment[] {
  const at = segments.findLastIndex((segment) => segment.kind === 'plan');
  const plan = segments[at];
  if (plan?.kind !== 'plan') return segments;
  const steps = plan.steps.map((step) => (step.stepId === stepId ? { ...step, state } : step));
  return segments.with(at, { ...plan, steps });
}
