import { jetstreamManager } from '@nats-io/jetstream';
import { CONSUMERS } from '@semibot/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyStreams, readEpoch } from './apply-streams.ts';
import { type BusLab, startBusLab } from './testing/bus-lab.ts';

describe('the set-up of the streams', () => {
  let lab: BusLab;
  beforeAll(async () => {
    lab = await startBusLab();
  });
  afterAll(() => lab?.[Symbol.asyncDispose]());

  it('on what an older version made gives consumers what they are for now, and leaves the rest as it is', async () => {
    const setup = await lab.connect('setup');
    const manager = await jetstreamManager(setup.nc);
    const [older] = CONSUMERS['chat-vms'].filters;
    await manager.consumers.update('KV_vms', 'chat-vms', { filter_subjects: [older] });
    const epoch = await readEpoch(setup);
    const { created } = await manager.consumers.info('KV_vms', 'chat-vms');

    await applyStreams(setup);
    const consumer = await manager.consumers.info('KV_vms', 'chat-vms');
    expect(consumer.config.filter_subjects).toEqual(CONSUMERS['chat-vms'].filters);
    expect(consumer.created).toBe(created);
    expect(await readEpoch(setup)).toBe(epoch);
  });
});
