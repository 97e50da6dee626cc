/** A call that did not succeed, with what people and the page need to know of it. */
export class RequestFailure extends Error {
  override readonly name = 'RequestFailure';
  /** The HTTP status; 0 where no answer came at all. */
  readonly status: number;
  /** The API's error code; `UNREACHABLE` or `UNREADABLE` where the answer was not the API's. */
  readonly code: string;
  /** How long to wait before another try, where the answer said so, in milliseconds. */
  readonly retryAfterMs: number | null;

  constructor(status: number, code: string, message: string, retryAfterMs: number | null = null) {
    super(message);
    this.status = status;
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }

  /** Whether the same call may go through later: nobody answered, or a part is restarting or busy. */
  get passing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }

  /** Anything thrown, as a RequestFailure: itself, or one that nobody answered. */
  static from(thrown: unknown): RequestFailure {
    return thrown instanceof RequestFailure ? thrown : new RequestFailure(0, 'UNREACHABLE', String(thrown));
  }
}
