import type { IncomingMessage } from 'node:http';
import { type ApiObject, apiObjectSchema, RESOURCES, type Resource } from './api-object.ts';
import { ApiStatus, badRequest } from './api-status.ts';

/** What a request asks for. */
export interface ApiRequest {
  /** As roles call it. */
  verb: 'get' | 'list' | 'watch' | 'create' | 'delete';
  resource: Resource;
  namespace: string;
  /** Empty where it is about all of them. */
  name: string;
  query: URLSearchParams;
}

const PATH = /^\/(?:api\/(v1)|apis\/([^/]+\/[^/]+))\/namespaces\/([^/]+)\/([^/]+)(?:\/([^/]+))?$/;

/** Reads a request's line. Throws what the API answers where there is no such thing. */
export function readRequest(request: IncomingMessage): ApiRequest {
  const url = new URL(request.url ?? '/', 'http://kubernetes');
  const [, core, group, namespace = '', plural, name = ''] = PATH.exec(url.pathname) ?? [];
  const apiVersion = core ?? group;
  const resource = RESOURCES.find((one) => one.plural === plural && one.apiVersion === apiVersion);
  if (!resource) throw new ApiStatus(404, 'NotFound', 'the server could not find the requested resource');
  const verb = verbOf(request.method ?? '', name !== '', url.searchParams.get('watch') === 'true');
  return { verb, resource, namespace, name: decodeURIComponent(name), query: url.searchParams };
}

function verbOf(method: string, named: boolean, watch: boolean): ApiRequest['verb'] {
  if (method === 'GET') return named ? 'get' : watch ? 'watch' : 'list';
  if (method === 'POST' && !named) return 'create';
  if (method === 'DELETE' && named) return 'delete';
  throw new ApiStatus(
    405,
    'MethodNotAllowed',
    'the server does not allow this method on the requested resource',
  );
}

/** Reads the object that a request brings. */
export async function readObject(
  request: IncomingMessage,
  { resource, namespace }: ApiRequest,
): Promise<ApiObject> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  let body: unknown;
  try {
    body = JSON.parse(Buffer.concat(chunks).toString());
  } catch {
    throw badRequest("the object provided is unrecognized: couldn't get version/kind; json parse error");
  }
  const parsed = apiObjectSchema.safeParse(body);
  if (!parsed.success) throw badRequest(`the object provided is unrecognized: ${parsed.error.message}`);
  const object = parsed.data;
  if (object.kind !== resource.kind || object.apiVersion !== resource.apiVersion)
    throw badRequest(
      `the API version in the data (${object.apiVersion}, Kind=${object.kind}) does not match the expected API version (${resource.apiVersion}, Kind=${resource.kind})`,
    );
  if (object.metadata.namespace !== undefined && object.metadata.namespace !== namespace)
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  return { ...object, metadata: { ...object.metadata, namespace } };
}

/** A selector of labels that must be equal, as `a=b,c=d`. */
export function labelSelector(text: string | null): (object: ApiObject) => boolean {
  const wanted = (text ?? '')
    .split(',')
    .filter(Boolean)
    .map((term) => {
      const [, label, value] = /^([^=!]+)==?([^=]*)$/.exec(term) ?? [];
      if (label === undefined || value === undefined)
        throw badRequest(`unable to parse requirement: ${term}`);
      return [label, value] as const;
    });
  return ({ metadata }) => wanted.every(([label, value]) => metadata.labels?.[label] === value);
}
