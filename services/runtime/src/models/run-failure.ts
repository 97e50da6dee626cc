/** A run's end by an error whose code is the model's own, not one of ours. */
export class RunFailure extends Error {
  override readonly name = 'RunFailure';
  /** Upper case with underscores, as `runErrorCodeSchema` says. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}
