import { z } from 'zod';

/** What the API answers where it refuses: a Status object, of which this much is read. */
const statusSchema = z.object({ message: z.string().optional(), reason: z.string().optional() });
/** The client's error: the HTTP status, and the answer's body as text. */
const refusalSchema = z.object({ code: z.number().int(), body: z.unknown() });

/** A call on the Kubernetes API that failed. */
export class ClusterError extends Error {
  /** The HTTP status; 0 where there was no answer. */
  readonly code: number;
  constructor(message: string, code: number, cause: unknown) {
    super(message, { cause });
    this.name = 'ClusterError';
    this.code = code;
  }

  /** What the client threw, with a text for people: the API's own where it gave one. */
  static from(error: unknown): ClusterError {
    if (error instanceof ClusterError) return error;
    const refusal = refusalSchema.safeParse(error);
    if (!refusal.success)
      return new ClusterError(`the Kubernetes API cannot be reached: ${reasonOf(error)}`, 0, error);
    const { code, body } = refusal.data;
    return new ClusterError(
      messageIn(body) ?? `the Kubernetes API answered with status ${code}`,
      code,
      error,
    );
  }
}

function messageIn(body: unknown): string | undefined {
  if (typeof body !== 'string') return statusSchema.safeParse(body).data?.message;
  try {
    return statusSchema.safeParse(JSON.parse(body)).data?.message;
  } catch {
    // A proxy's page rather than the API's answer.
    return undefined;
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error && error.cause.message ? error.cause.message : error.message;
}
