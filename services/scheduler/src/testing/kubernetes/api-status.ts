/** What the API answers where it refuses. */
export class ApiStatus extends Error {
  readonly code: number;
  readonly reason: string;
  constructor(code: number, reason: string, message: string) {
    super(message);
    this.code = code;
    this.reason = reason;
  }

  /** The Status object that clients get. */
  body() {
    const { code, reason, message } = this;
    return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code };
  }
}

export const notFound = (plural: string, name: string): ApiStatus =>
  new ApiStatus(404, 'NotFound', `${plural} "${name}" not found`);
export const alreadyExists = (plural: string, name: string): ApiStatus =>
  new ApiStatus(409, 'AlreadyExists', `${plural} "${name}" already exists`);
export const forbidden = (plural: string, name: string, why: string): ApiStatus =>
  new ApiStatus(403, 'Forbidden', `${plural} "${name}" is forbidden: ${why}`);
export const badRequest = (message: string): ApiStatus => new ApiStatus(400, 'BadRequest', message);
export const invalid = (kind: string, name: string, causes: readonly string[]): ApiStatus =>
  new ApiStatus(
    422,
    'Invalid',
    `${kind} "${name}" is invalid: ${causes.length === 1 ? causes[0] : `[${causes.join(', ')}]`}`,
  );
export const expired = (asked: number, oldest: number): ApiStatus =>
  new ApiStatus(410, 'Expired', `too old resource version: ${asked} (${oldest})`);
