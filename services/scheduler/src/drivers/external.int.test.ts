import { type Bus, callRoute } from '@semibot/bus';
import { type Identity, newId, ROUTES, vmGoneMessage } from '@semibot/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Scheduler } from '../scheduler.ts';
import { connectAsRuntime } from '../testing/hand-runtime.ts';
import { type SchedulerLab, startSchedulerLab } from '../testing/scheduler-lab.ts';
import { createExternalDriver } from './external.ts';

describe("runtimes on their users' own machines", () => {
  let lab: SchedulerLab;
  let scheduler: Scheduler;
  let relay: Bus;
  beforeAll(async () => {
    lab = await startSchedulerLab();
    await lab.serveSignIns();
    const env = { VM_BOOTSTRAP_COOLDOWN_MS: '1000', VM_PROVISIONING_RETRY_COOLDOWN_MS: '1000' };
    scheduler = await lab.startScheduler(createExternalDriver(), env);
    relay = await lab.connect('relay');
  });
  afterAll(() => lab?.[Symbol.asyncDispose]());

  const someone = (): Identity => ({ userId: newId(), orgId: newId(), role: 'member', loginId: newId() });
  const instanceOf = async ({ userId }: Identity) => (await scheduler.lifecycle.peek(userId)).instance;

  /** What a person reads from the instructions, as their shell would. */
  async function instructed(identity: Identity) {
    const { data } = await callRoute(relay, ROUTES.vm.rebootstrap, { identity });
    const lines = (data.instructions ?? '').split('\n');
    const secrets = z
      .object({ VM_TOKEN: z.string(), VM_TICKET: z.string() })
      .parse(JSON.parse(lines.find((line) => line.startsWith('{')) ?? ''));
    const command = lines.find((line) => line.startsWith('NATS_URL=')) ?? '';
    return { command, instanceId: data.instanceId ?? '', token: secrets.VM_TOKEN, ticket: secrets.VM_TICKET };
  }

  it('are waited for: the status says what to do, and nothing fails', async () => {
    const identity = someone();
    await scheduler.lifecycle.ensure(identity);
    await scheduler.lifecycle.ensure(identity);
    const { data } = await callRoute(relay, ROUTES.vm.status, { identity });
    expect(data).toMatchObject({ mode: 'external', attempts: 1, lastError: null });
    expect(data.instructions).toContain('/api/v1/vm/rebootstrap');
  });

  it('come with what a rebootstrap tells their user, whose secrets are in no command line', async () => {
    const identity = someone();
    const { command, ...credentials } = await instructed(identity);
    expect(command).toContain(`VM_USER_ID=${identity.userId}`);
    expect(command).toContain(`NATS_URL=${lab.natsUrl}`);
    expect(command).not.toContain(credentials.token);
    expect(command).not.toContain(credentials.ticket);
    await using client = await connectAsRuntime(lab.natsUrl, { ...identity, ...credentials });
    await client.sayReady();
    await expect.poll(() => instanceOf(identity)).toMatchObject({ status: 'ready', bootId: client.bootId });
  });

  it('that go away give their runs up, and are the same when they come back', async () => {
    const identity = someone();
    const operator = await lab.connect('operator');
    const gone = Promise.withResolvers<string>();
    operator.nc.subscribe(vmGoneMessage.filter({ user: identity.userId }), {
      callback: (_error, message) => gone.resolve(vmGoneMessage.decode(message.data).bootId),
    });
    await operator.nc.flush();
    const credentials = { ...identity, ...(await instructed(identity)) };
    const client = await connectAsRuntime(lab.natsUrl, credentials);
    const { seed, bootId } = client;
    await client.sayReady();
    await expect.poll(() => instanceOf(identity)).toMatchObject({ status: 'ready' });
    await client.nc.close();
    expect(await gone.promise).toBe(bootId);
    await expect.poll(() => instanceOf(identity)).toMatchObject({ status: 'provisioning', bootId: null });

    await using back = await connectAsRuntime(lab.natsUrl, credentials, { seed, bootId });
    await back.sayReady();
    await expect.poll(() => instanceOf(identity)).toMatchObject({ status: 'ready', bootId, bootstraps: 1 });
  });
});
