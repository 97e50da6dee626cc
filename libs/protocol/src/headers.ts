/** Header names on the bus. Ours; those of NATS begin with `Nats-` and belong to the server. */
export const HEADERS = {
  /** The run that an event belongs to. */
  run: 'Semibot-Run',
  /** The run's generation: how often it has been handed to a runtime. A higher one shuts a lower one out. */
  generation: 'Semibot-Generation',
  requestId: 'X-Request-ID',
  traceparent: 'traceparent',
  /** On a dead letter: where the message came from, and why it could not be handled. */
  deadSubject: 'Semibot-Dead-Subject',
  deadReason: 'Semibot-Dead-Reason',
} as const;
