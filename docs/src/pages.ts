import { openApiDocument } from '@semibot/protocol';
import { renderApi } from './api.ts';
import { asyncApiDocument } from './asyncapi.ts';
import { renderConfiguration } from './configuration.ts';
import { findConfigs } from './find-configs.ts';
import { renderSubjects } from './subjects.ts';

/** The version of the contract that the documents tell. */
const VERSION = '1.0.0';

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** Every generated page: its name in `docs/` and its content. The same code gives the same pages. */
export async function generatePages(root: string): Promise<Map<string, string>> {
  return new Map([
    ['SUBJECTS.md', renderSubjects()],
    ['asyncapi.json', json(asyncApiDocument(VERSION))],
    ['API.md', renderApi()],
    ['openapi.json', json(openApiDocument(VERSION))],
    ['CONFIGURATION.md', renderConfiguration(await findConfigs(root))],
  ]);
}
