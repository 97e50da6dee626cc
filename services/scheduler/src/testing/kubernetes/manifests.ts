import { readFile } from 'node:fs/promises';
import { loadAllYaml, loadYaml } from '@kubernetes/client-node';
import { z } from 'zod';
import { type ApiObject, apiObjectSchema } from './api-object.ts';

const FOLDER = new URL('../../../../../infra/kubernetes/', import.meta.url);
const kustomizationSchema = z.looseObject({ resources: z.array(z.string()) });

const read = (file: string): Promise<string> => readFile(new URL(file, FOLDER), 'utf8');

/** Everything that `kubectl apply -k infra/kubernetes` applies. */
export async function loadManifests(): Promise<ApiObject[]> {
  const { resources } = kustomizationSchema.parse(loadYaml(await read('kustomization.yaml')));
  const texts = await Promise.all(resources.map(read));
  return texts.flatMap((text) => loadAllYaml(text).map((object) => apiObjectSchema.parse(object)));
}
