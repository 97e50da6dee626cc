import type { ApiObject } from './api-object.ts';
import { podSpecOf } from './pod.ts';

/** What the API itself adds to an object. */
export function withDefaults(object: ApiObject): ApiObject {
  if (object.kind === 'Pod') {
    const spec = { dnsPolicy: 'ClusterFirst', schedulerName: 'default-scheduler', ...podSpecOf(object) };
    return { ...object, spec, status: { phase: 'Pending', qosClass: 'Burstable' } };
  }
  if (object.kind === 'PersistentVolumeClaim') return { ...object, status: { phase: 'Pending' } };
  if (object.kind !== 'Secret') return object;
  const { stringData, ...secret } = object;
  const data = Object.entries(typeof stringData === 'object' && stringData !== null ? stringData : {}).map(
    ([key, text]) => [key, Buffer.from(String(text)).toString('base64')],
  );
  return { ...secret, data: Object.fromEntries(data) };
}
