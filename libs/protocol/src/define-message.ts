import type { z } from 'zod';
import { SemibotError, validationDetails } from './errors.ts';
import { tokenSchema } from './ids.ts';
import type { StreamName } from './streams.ts';

/** The parts that may stand at either end of a message. */
export type Part = 'relay' | 'chat' | 'scheduler' | 'runtime' | 'people';

/** The `<names>` in a subject pattern. */
export type SubjectParameters<S extends string> = S extends `${string}<${infer Name}>${infer Rest}`
  ? { [K in Name]: string } & SubjectParameters<Rest>
  : unknown;

interface MessageRecord<S extends string, T extends z.ZodType> {
  /** Its name in the docs, camelCase. */
  name: string;
  /** The subject, with `<parameters>` as whole tokens. */
  subject: S;
  /** What the payload is: JSON checked by this at publish and at consume. */
  schema: T;
  from: Part[];
  to: Part[];
  /** The stream that keeps it, if any. */
  stream: StreamName | null;
  /** The message of which this subject is the stream's republished copy. */
  republishes?: string;
  description: string;
}

/** A message of the system: its subject, shape and way, written down once. */
export interface MessageDefinition<S extends string = string, T extends z.ZodType = z.ZodType>
  extends MessageRecord<S, T> {
  /** The subject with these tokens; throws MALFORMED_MESSAGE on one that could not stand in a subject. */
  format(parameters: SubjectParameters<S>): string;
  /** A subscription's subject: `*` for each parameter that is not given. */
  filter(parameters?: Partial<SubjectParameters<S>>): string;
  /** The parameters in a subject, or null where it is not this message's. */
  parse(subject: string): SubjectParameters<S> | null;
  /** The payload's bytes; throws MALFORMED_MESSAGE when the value is not as the schema says. */
  encode(value: z.input<T>): Uint8Array;
  /** The value in a payload; throws MALFORMED_MESSAGE with the reason. */
  decode(data: Uint8Array): z.output<T>;
}

const PARAMETER = /^<([a-zA-Z]+)>$/;
const textEncoder = new TextEncoder();
const textDecoder = new TextDecoder('utf-8', { fatal: true });

/** JSON in bytes, or MALFORMED_MESSAGE. */
export function decodeJson(data: Uint8Array): unknown {
  try {
    return JSON.parse(textDecoder.decode(data));
  } catch (cause) {
    throw new SemibotError('MALFORMED_MESSAGE', { message: 'The payload is not JSON.', cause });
  }
}

/** A checked value, or MALFORMED_MESSAGE with where and why. */
export function checkMessage<T extends z.ZodType>(schema: T, value: unknown, what: string): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const details = validationDetails(result.error);
  const first = details[0];
  throw new SemibotError('MALFORMED_MESSAGE', {
    message: `${what} is malformed: ${first?.path || '(root)'}: ${first?.problem}`,
    details,
  });
}

/** Writes a message down: the only place where its subject stands. */
export function defineMessage<const S extends string, T extends z.ZodType>(
  record: MessageRecord<S, T>,
): MessageDefinition<S, T> {
  const tokens = record.subject.split('.').map((token) => {
    const parameter = PARAMETER.exec(token)?.[1];
    return parameter ? { parameter } : { literal: token };
  });
  const build = (parameters: Record<string, string | undefined>, missing: string | null): string =>
    tokens
      .map((token) => {
        if (token.literal !== undefined) return token.literal;
        const value = parameters[token.parameter];
        if (value === undefined && missing !== null) return missing;
        return checkMessage(tokenSchema, value, `<${token.parameter}> of ${record.subject}`);
      })
      .join('.');
  return {
    ...record,
    format: (parameters) => build(parameters as Record<string, string>, null),
    filter: (parameters = {}) => build(parameters as Record<string, string>, '*'),
    parse(subject) {
      const parts = subject.split('.');
      if (parts.length !== tokens.length) return null;
      const parameters: Record<string, string> = {};
      for (const [at, token] of tokens.entries()) {
        const part = parts[at] as string;
        if (token.literal === undefined) parameters[token.parameter] = part;
        else if (token.literal !== part) return null;
      }
      return parameters as SubjectParameters<S>;
    },
    encode: (value) => textEncoder.encode(JSON.stringify(checkMessage(record.schema, value, record.name))),
    decode: (data) => checkMessage(record.schema, decodeJson(data), record.name),
  };
}
