/** A stretch of the answer, or of the thinking before it; `index` is that of its first event. */
export interface TextSegment {
  kind: 'text' | 'thinking';
  index: number;
  text: string;
}

/** What came of a call. */
export interface CallOutcome {
  success: boolean;
  result: unknown;
  error: string | null;
  durationMs: number;
}

/** A call of a tool, a skill or an MCP server's tool, with its outcome once that is there. */
export interface CallSegment {
  kind: 'call';
  index: number;
  callId: string;
  toolName: string;
  /** The MCP server that has the tool. */
  server: string | null;
  arguments: unknown;
  approval: 'requested' | 'approve' | 'deny' | null;
  outcome: CallOutcome | null;
}

export interface PlanStep {
  stepId: string;
  title: string;
  state: 'waiting' | 'active' | 'done' | 'failed';
}

export interface PlanSegment {
  kind: 'plan';
  index: number;
  goal: string;
  steps: readonly PlanStep[];
}

/** A file that a tool made. */
export interface FileSegment {
  kind: 'file';
  index: number;
  fileId: string;
  name: string;
  bytes: number;
}

/** What a run shows, piece by piece, in the order in which it came. */
export type Segment = TextSegment | CallSegment | PlanSegment | FileSegment;

/** The answer: the text of all stretches, joined. */
export const segmentsText = (segments: readonly Segment[]): string =>
  segments.map((segment) => (segment.kind === 'text' ? segment.text : '')).join('');
