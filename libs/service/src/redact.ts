import pino from 'pino';

/** Names that are never logged with their value, at any depth and in any spelling of case, `-` and `_`. */
export const REDACTED_NAMES = [
  'authorization',
  'cookie',
  'password',
  'token',
  'ticket',
  'secret',
  'seed',
  'apiKey',
  'accessToken',
  'refreshToken',
];
export const REDACTED = '[redacted]';

/** Beyond this depth pino writes `[Object]` itself. */
const MAX_DEPTH = 5;

const plain = (name: string): string => name.toLowerCase().replaceAll(/[-_]/g, '');
const endings = REDACTED_NAMES.map(plain);
/** Whether the name ends in one of the list: `NATS_NKEY_SEED` and `set-cookie` do, `tokensIn` does not. */
const isRedacted = (name: string): boolean => endings.some((ending) => plain(name).endsWith(ending));

/** A copy of a log line's fields without the values of REDACTED_NAMES. */
export function redactFields(fields: object, depth = 0): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      isRedacted(name) ? REDACTED : redactValue(value, depth + 1),
    ]),
  );
}

function redactValue(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return value;
  if (value instanceof Error) return redactFields(pino.stdSerializers.err(value), depth);
  if (Array.isArray(value)) return value.map((item) => redactValue(item, depth + 1));
  // Dates, URLs and bytes write themselves.
  if ('toJSON' in value || ArrayBuffer.isView(value)) return value;
  return redactFields(value, depth);
}
