import { SemibotError, validationDetails } from '@semibot/protocol';
import type { z } from 'zod';

/** A part of a request by its schema, or VALIDATION_FAILED with where and why. */
export function check<T extends z.ZodType>(schema: T, value: unknown, where: string): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const details = validationDetails(result.error).map(({ path, problem }) => ({
    path: path ? `${where}.${path}` : where,
    problem,
  }));
  throw new SemibotError('VALIDATION_FAILED', { details });
}
