import { newId } from '@semibot/protocol';
import { runService } from '@semibot/service';
import { takeConfig } from './config.ts';
import { connectRuntime } from './connect.ts';
import { createToken } from './renew-token.ts';
import { createRuntime } from './runtime.ts';
import { tidyWhenIdle } from './tidy-when-idle.ts';
import { announceVm } from './vm-facts.ts';

await runService({
  name: 'runtime',
  start: async ({ signal, logger, defer }) => {
    const config = takeConfig();
    const { VM_USER_ID: userId, VM_ORG_ID: orgId, VM_INSTANCE_ID: instanceId } = config;
    process.title = `semibot-runtime-${userId}`;
    const bootId = newId();

    const token = createToken(config.VM_TOKEN);
    const bus = await connectRuntime(config, token.current, logger);
    defer(() => bus.close());
    const runtime = createRuntime({
      bus,
      userId,
      orgId,
      bootId,
      dataDir: config.SEMIBOT_DATA_DIR,
      logger,
    });
    defer(() => runtime.close());
    await runtime.begin(signal);
    const vm = announceVm({
      bus,
      userId,
      instanceId,
      bootId,
      load: () => ({ activeRuns: runtime.activeRuns, idleMs: runtime.idleMs }),
      logger,
    });
    defer(() => vm.close());
    const tidying = tidyWhenIdle(() => runtime.idleMs);
    defer(() => tidying.close());
    defer(token.keepFresh({ bus, userId, instanceId, bootId, logger }));
  },
});
