import pino from 'pino';
import { contextFields } from './context.ts';
import { REDACTED, REDACTED_NAMES, redactFields } from './redact.ts';

const STDOUT = 1;

export type Logger = pino.Logger;

/**
 * A logger that writes a line of JSON each: service, level, time, msg, and the ids of the current context. Secrets
 * are left out by name. Lines go to stdout, or to `destination`.
 */
export function createLogger(
  options: { service: string; level?: string },
  destination?: pino.DestinationStream,
): Logger {
  const settings: pino.LoggerOptions = {
    level: options.level ?? 'info',
    base: { service: options.service },
    timestamp: pino.stdTimeFunctions.isoTime,
    mixin: contextFields,
    formatters: {
      level: (level) => ({ level }),
      log: (fields) => redactFields(fields),
    },
    // Errors were serialized by redactFields.
    serializers: { err: (value: unknown) => value },
    // A child logger's own fields do not pass through the formatter above.
    redact: { paths: REDACTED_NAMES, censor: REDACTED },
  };
  // Written at once: what is still on its way when a process exits would come out of order, or not at all.
  return pino(settings, destination ?? pino.destination({ dest: STDOUT, sync: true }));
}
