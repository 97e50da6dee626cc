import { describe, expect, it } from 'vitest';
import { openApiDocument } from './openapi.ts';
import { httpRoutes } from './routes/index.ts';

const document = openApiDocument('1.2.3');
const text = JSON.stringify(document);

describe('the OpenAPI document', () => {
  it('tells every route once', () => {
    const told = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const written = httpRoutes.map((route) => `${route.method} ${route.path.replace(/:(\w+)/g, '{$1}')}`);
    expect(told.toSorted()).toEqual(written.toSorted());
  });

  it('refers to nothing that it does not hold', () => {
    const references = [...text.matchAll(/"\$ref":"#\/components\/(\w+)\/(\w+)"/g)];
    expect(references.length).toBeGreaterThan(httpRoutes.length);
    expect(text.match(/"\$ref":/g)).toHaveLength(references.length);
    for (const [, group = '', name = ''] of references)
      expect(document.components[group], name).toHaveProperty(name);
  });

  it('asks for what a caller must give and leaves out what has a default', () => {
    expect(document.paths['/sessions/{sessionId}/messages']?.post).toMatchObject({
      requestBody: { content: { 'application/json': { schema: { required: ['message'] } } } },
    });
  });

  it('lets a caller that nobody has signed in use the public routes alone', () => {
    expect(document.paths['/auth/login']?.post).toMatchObject({ security: [] });
    expect(document.paths['/users/me']?.get).not.toHaveProperty('security');
    expect(document.security).toEqual([{ accessToken: [] }]);
  });

  it('is the same every time', () => {
    expect(JSON.stringify(openApiDocument('1.2.3'))).toBe(text);
  });
});
