import type { Language, RouteDefinition } from '@semibot/protocol';
import { z } from 'zod';
import { RequestFailure } from './request-failure.ts';
import { sendHttp } from './transport.ts';

/** What a route takes, by its own schemas; a part that it does not take may be left out. */
export interface RouteInput<R extends RouteDefinition> {
  params?: z.input<R['params']>;
  query?: z.input<R['query']>;
  body?: z.input<R['body']>;
  idempotencyKey?: string;
  signal?: AbortSignal;
}

export interface RouteAnswer<R extends RouteDefinition> {
  data: z.output<R['data']>;
  meta: z.output<R['meta']>;
}

/** Who calls, and in which language people read the answer. */
export interface Caller {
  accessToken: string | null;
  language: Language;
}

const answerSchema = z.object({ success: z.literal(true), data: z.unknown(), meta: z.unknown().optional() });

/** Calls a route of the API. Rejects with a RequestFailure, also where the answer is not what the route promises. */
export async function callRoute<R extends RouteDefinition>(
  route: R,
  input: RouteInput<R>,
  caller: Caller,
): Promise<RouteAnswer<R>> {
  const response = await sendHttp({
    method: route.method,
    path: routePath(route.path, input.params) + queryText(input.query),
    body: input.body,
    accept: 'application/json',
    ...caller,
    ...(input.idempotencyKey ? { idempotencyKey: input.idempotencyKey } : {}),
    ...(input.signal ? { signal: input.signal } : {}),
  });
  const answer = answerSchema.safeParse(await readJson(response));
  const data = route.data.safeParse(answer.data?.data);
  const meta = route.meta.safeParse(answer.data?.meta);
  if (!answer.success || !data.success || !meta.success) {
    console.warn(`${route.method} ${route.path} answered something else`, data.error ?? meta.error);
    throw new RequestFailure(response.status, 'UNREADABLE', 'The answer cannot be read.');
  }
  return { data: data.data, meta: meta.data } as RouteAnswer<R>;
}

/** An answer's JSON; undefined where it is none. Rejects with a RequestFailure where the answer broke off. */
async function readJson(response: Response): Promise<unknown> {
  const text = await response.text().catch((thrown) => {
    throw RequestFailure.from(thrown);
  });
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A route's path with its `:parameters` filled in. */
export function routePath(path: string, params: unknown): string {
  const values = z.record(z.string(), z.string()).parse(params ?? {});
  return path.replace(/:([A-Za-z]+)/g, (_, name: string) => encodeURIComponent(values[name] ?? ''));
}

function queryText(query: unknown): string {
  const values = z.record(z.string(), z.union([z.string(), z.number()]).optional()).parse(query ?? {});
  const given = Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)]],
  );
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`;
}
