import { API_VERSION, openApiDocument } from '@semibot/protocol';
import { renderApi } from './api.ts';
import { asyncApiDocument } from './asyncapi.ts';
import { renderConfiguration } from './configuration.ts';
import { findConfigs } from './find-configs.ts';
import { renderSubjects } from './subjects.ts';

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** Every generated page: its name in `docs/` and its content. The same code gives the same pages. */
export async function generatePages(root: string): Promise<Map<string, string>> {
  return new Map([
    ['SUBJECTS.md', renderSubjects()],
    ['asyncapi.json', json(asyncApiDocument(API_VERSION))],
    ['API.md', renderApi()],
    ['openapi.json', json(openApiDocument(API_VERSION))],
    ['CONFIGURATION.md', renderConfiguration(await findConfigs(root))],
  ]);
}
