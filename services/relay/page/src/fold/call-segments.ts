import type { EventOf } from '@semibot/protocol';
import type { CallSegment, Segment } from './segments.ts';

type Start = EventOf<'tool_call_start' | 'skill_call_start' | 'mcp_call_start' | 'approval_requested'>;
type Complete = EventOf<'tool_call_complete' | 'skill_call_complete' | 'mcp_call_complete'>;

/** Changes the one call that has this id; results belong to calls by id, never by a tool's name. */
export function changeCall(
  segments: readonly Segment[],
  callId: string,
  change: (call: CallSegment) => CallSegment,
): readonly Segment[] {
  const at = segments.findLastIndex((segment) => segment.kind === 'call' && segment.callId === callId);
  const call = segments[at];
  return call?.kind === 'call' ? segments.with(at, change(call)) : segments;
}

/** A call that begins. One that was announced before, by a question for approval, is the same call. */
export function startCall(segments: readonly Segment[], event: Start): readonly Segment[] {
  const server = event.type === 'mcp_call_start' ? event.server : null;
  const started = { toolName: event.toolName, server, arguments: event.arguments };
  const changed = changeCall(segments, event.callId, (call) => ({ ...call, ...started }));
  if (changed !== segments) return changed;
  const { callId, index } = event;
  return [...segments, { kind: 'call', index, callId, ...started, approval: null, outcome: null }];
}

/** A call that has ended; one whose beginning is not known is shown with its outcome alone. */
export function completeCall(segments: readonly Segment[], event: Complete): readonly Segment[] {
  const { success, durationMs } = event;
  const outcome = { success, durationMs, result: event.result, error: event.error ?? null };
  const changed = changeCall(segments, event.callId, (call) => ({ ...call, outcome }));
  if (changed !== segments) return changed;
  const server = event.type === 'mcp_call_complete' ? event.server : null;
  const { callId, toolName, index } = event;
  const call = { kind: 'call', index, callId, toolName, server, approval: null, outcome } as const;
  return [...segments, { ...call, arguments: undefined }];
}
