import { type Bus, callRoute } from '@semibot/bus';
import {
  limits,
  type VmInstance,
  vmInstanceSchema,
  vmOperatorRoutes,
  type vmStatusSchema,
} from '@semibot/protocol';
import type { z } from 'zod';
import type { VmOptions } from './options.ts';
import { instanceTable, renderTable } from './table.ts';

/** The scheduler lets whoever has this key ask for everyone's. */
const NOBODY = { identity: null } as const;

type VmStatus = z.output<typeof vmStatusSchema>;

/** Does what the command line says and gives back what to print; throws a text for people. */
export async function runCommand(bus: Bus, options: VmOptions): Promise<string> {
  const { command, json } = options;
  const print = (value: unknown, text: () => string): string =>
    json ? JSON.stringify(value, null, 2) : text();
  if (command === 'list') {
    const instances = await listed(bus, options);
    return print(instances, () =>
      instances.length > 0 ? instanceTable(instances, Date.now()) : 'There is none.',
    );
  }
  const { userId, orgId } = await theOne(bus, options.whom);
  if (command === 'stop') {
    const { data } = await callRoute(bus, vmOperatorRoutes.stop, { ...NOBODY, body: { userId } });
    return print(data, () => instanceTable([data], Date.now()));
  }
  const { data } =
    command === 'status'
      ? await callRoute(bus, vmOperatorRoutes.status, { ...NOBODY, query: { userId } })
      : await callRoute(bus, vmOperatorRoutes.rebootstrap, { ...NOBODY, body: { userId, orgId } });
  return print(data, () => describeStatus(userId, data));
}

async function listed(bus: Bus, { all, status }: Pick<VmOptions, 'all' | 'status'>): Promise<VmInstance[]> {
  const instances: VmInstance[] = [];
  const wanted = vmInstanceSchema.shape.status.optional().parse(status);
  for (let page = 1, pages = 1; page <= pages; page += 1) {
    const query = { page, limit: limits.PAGE_LIMIT_MAX, ...(wanted && { status: wanted }) };
    const { data, meta } = await callRoute(bus, vmOperatorRoutes.list, { ...NOBODY, query });
    instances.push(...data);
    pages = meta.totalPages;
  }
  return all || status ? instances : instances.filter(({ endedAt }) => endedAt === null);
}

/** The runtime whose user's or own id begins so; each user's newest. */
async function theOne(bus: Bus, whom = ''): Promise<VmInstance> {
  const newest = new Map<string, VmInstance>();
  for (const one of await listed(bus, { all: true, status: undefined }))
    if ((one.userId.startsWith(whom) || one.id.startsWith(whom)) && !newest.has(one.userId))
      newest.set(one.userId, one);
  const [found, ...others] = newest.values();
  if (!found) throw new Error(whom ? `There is no runtime of ${whom}.` : 'There is no runtime.');
  if (others.length > 0) throw new Error(`Which one?\n\n${instanceTable([found, ...others], Date.now())}`);
  return found;
}

function describeStatus(userId: string, status: VmStatus): string {
  const rows = [
    ['user', userId],
    ['instance', status.instanceId ?? '-'],
    ['status', status.status],
    ['mode', status.mode],
    ['attempts', `${status.attempts}`],
    ['last bootstrap', status.lastBootstrapAt ?? '-'],
    ['last error', status.lastError ?? '-'],
    ['look again in', `${status.retryAfterMs} ms`],
  ];
  const [first = [], ...rest] = rows;
  const table = renderTable(first, rest);
  return status.instructions ? `${table}\n\n${status.instructions}` : table;
}
