import { createCurve } from '@nats-io/nkeys';
import {
  type Bus,
  consume,
  createAppender,
  createReplayer,
  done,
  followSubject,
  publishMessage,
  replay,
  serveRequests,
} from '@semibot/bus';
import {
  type Command,
  commandMessage,
  eventMessage,
  type LogPosition,
  liveMessage,
  type ModelConfig,
  NO_SESSION,
  newId,
  type ProviderKeys,
  type RunFinished,
  runFinishedMessage,
  type SealedKeys,
  SemibotError,
  type SessionEvent,
  type Trace,
  type Turn,
  traceFrom,
} from '@semibot/protocol';

/** A run in the fake chat's books. */
export interface FakeRun {
  sessionId: string;
  runId: string;
  generation: number;
  bootId: string | null;
  messageId: string;
  text: string;
  steering: Turn[];
  runtimeType: string;
  model: ModelConfig;
  trace: Trace;
}

type CommandBody = Command extends infer C ? (C extends Command ? Omit<C, 'number'> : never) : never;

/** What a runtime needs of chat, over the real bus, with a test in place of people and PostgreSQL. */
export interface FakeChat {
  /** Takes in a message: its run's event 0 is in the log. */
  addRun(text: string, more?: Partial<FakeRun>): Promise<FakeRun>;
  /** Hands the run to a runtime process as the next generation. */
  order(run: FakeRun, bootId: string): Promise<void>;
  cancel(run: FakeRun): Promise<void>;
  /** Resolves with the message's id. */
  steer(run: FakeRun, text: string): Promise<string>;
  /** Changes the provider keys, and tells this process so. */
  setKeys(keys: ProviderKeys, bootId: string): Promise<void>;
  /** The next so many times that the keys are asked for, they cannot be told. */
  failKeys(times: number): void;
  /** The next command is given its number and kept, but gets lost on its way. */
  loseNext(): void;
  /** The next so many times that a run's context is asked for, it cannot be told. */
  failLoads(times: number): void;
  /** The run's events in the log. */
  events(run: FakeRun): Promise<SessionEvent[]>;
  /** Resolves once an event of the run has come by that is so. */
  seen(run: FakeRun, isSo: (event: SessionEvent) => boolean): Promise<void>;
  /** Resolves with the newest generation's report. */
  reported(run: FakeRun): Promise<RunFinished>;
  /** Every report that has come, in order. */
  readonly reports: readonly RunFinished[];
  close(): Promise<void>;
}

const DEMO: ModelConfig = {
  provider: 'demo',
  model: 'demo',
  temperature: 0.7,
  maxTokens: 4_096,
  timeoutMs: 60_000,
};

export async function startFakeChat(
  bus: Bus,
  { userId, orgId }: { userId: string; orgId: string },
): Promise<FakeChat> {
  const curve = createCurve();
  const appender = createAppender(bus);
  const replayer = createReplayer(bus);
  const runs = new Map<string, FakeRun>();
  const commands: Command[] = [];
  const reports: RunFinished[] = [];
  const watchers = new Set<() => void>();
  const live: SessionEvent[] = [];
  let loseNext = false;
  let failingLoads = 0;
  let failingKeys = 0;
  let keys: ProviderKeys = {};

  const seal = (curveKey: string): SealedKeys => ({
    data: Buffer.from(curve.seal(new TextEncoder().encode(JSON.stringify(keys)), curveKey)).toString(
      'base64',
    ),
    from: curve.getPublicKey(),
  });

  const changed = (): void => {
    for (const watcher of watchers) watcher();
  };
  function until<T>(find: () => T | undefined): Promise<T> {
    return new Promise((resolve) => {
      const look = (): void => {
        const found = find();
        if (found === undefined) return;
        watchers.delete(look);
        resolve(found);
      };
      watchers.add(look);
      look();
    });
  }

  async function readLog(run: FakeRun) {
    const entries: { sequence: number; messageId: string; event: SessionEvent }[] = [];
    const subject = eventMessage.format({ user: userId, session: run.sessionId });
    for await (const page of replay(replayer, 'EVENTS', subject, 0))
      for (const { sequence, messageId, data } of page)
        entries.push({ sequence, messageId, event: eventMessage.decode(data) });
    return entries;
  }

  async function readPosition(run: FakeRun): Promise<LogPosition> {
    const entries = await readLog(run);
    const own = entries.filter(({ event }) => event.runId === run.runId);
    return { sequence: entries.at(-1)?.sequence ?? 0, nextIndex: (own.at(-1)?.event.index ?? -1) + 1 };
  }

  function leased(asked: { runId: string; generation: number; bootId: string }): FakeRun {
    const run = runs.get(asked.runId);
    if (!run || run.generation !== asked.generation || run.bootId !== asked.bootId)
      throw new SemibotError('RUN_STALE');
    return run;
  }

  const requests = await serveRequests(
    bus,
    { name: 'chat', description: 'A chat for tests.' },
    {
      init: async ({ curveKey }) => ({
        userId,
        orgId,
        commandNumber: commands.length,
        sealedKeys: seal(curveKey),
      }),
      get_keys: async ({ curveKey }) => {
        failingKeys -= 1;
        if (failingKeys >= 0) throw new Error('the database is away');
        return { sealedKeys: seal(curveKey) };
      },
      get_run: async (asked) => {
        const run = leased(asked);
        failingLoads -= 1;
        if (failingLoads >= 0) throw new Error('the database is away');
        // The conversation comes in two pages, as a long one does.
        const earlier: Turn = { messageId: newId(), role: 'user', text: 'count to 99' };
        const pages = [
          [earlier],
          [{ ...earlier, messageId: run.messageId, text: run.text }, ...run.steering],
        ];
        return {
          position: await readPosition(run),
          resumed: run.generation > 1,
          runtimeType: run.runtimeType,
          agentName: 'Agent',
          systemPrompt: 'Be kind.',
          model: run.model,
          turns: pages[asked.page] ?? [],
          nextPage: asked.page === 0 ? 1 : null,
        };
      },
      log_tail: async (asked) => {
        const run = leased(asked);
        const landed = (await readLog(run)).some(({ messageId }) => messageId === asked.messageId);
        return { position: await readPosition(run), landed };
      },
      commands_after: async ({ bootId, number }) => ({
        commands: commands
          .filter((command) => command.bootId === bootId && command.number > number)
          .map((command) => ({ command, trace: traceFrom() })),
      }),
    },
  );
  const finished = consume(bus, 'chat-reports', async ({ data }) => {
    reports.push(runFinishedMessage.decode(data));
    changed();
    return done;
  });
  const following = followSubject(
    bus,
    liveMessage,
    { user: userId },
    (event) => {
      live.push(event);
      changed();
    },
    (error) => {
      throw error;
    },
  );
  await following.ready;

  async function command(body: CommandBody, { trace }: { trace: Trace }): Promise<void> {
    const numbered = { ...body, number: commands.length + 1 };
    commands.push(numbered);
    const lost = loseNext;
    loseNext = false;
    const session = body.type === 'config' ? NO_SESSION : body.sessionId;
    if (!lost) await publishMessage(bus, commandMessage, { user: userId, session }, numbered, { trace });
  }
  const about = ({ sessionId, runId, bootId }: FakeRun) => ({ sessionId, runId, bootId: bootId ?? 'none' });

  return {
    async addRun(text, more = {}) {
      const run: FakeRun = {
        sessionId: newId(),
        runId: newId(),
        generation: 0,
        bootId: null,
        messageId: newId(),
        text,
        steering: [],
        runtimeType: 'semigraph',
        model: DEMO,
        trace: traceFrom(),
        ...more,
      };
      runs.set(run.runId, run);
      const writer = appender.openWriter({
        userId,
        sessionId: run.sessionId,
        runId: run.runId,
        generation: 0,
        idPrefix: newId(),
        position: await readPosition(run),
        readTail: () => Promise.reject(new SemibotError('RUN_STALE')),
        trace: run.trace,
      });
      const { messageId } = run;
      writer.append({ type: 'user_message', messageId, parentMessageId: null, text, mode: 'queue' });
      await writer.flush();
      writer.close();
      return run;
    },
    async order(run, bootId) {
      run.generation += 1;
      run.bootId = bootId;
      await command({ type: 'run', ...about(run), generation: run.generation }, run);
    },
    cancel: (run) => command({ type: 'cancel', ...about(run) }, run),
    async steer(run, text) {
      const messageId = newId();
      run.steering.push({ messageId, role: 'user', text });
      await command({ type: 'steer', ...about(run), messageId, text }, run);
      return messageId;
    },
    async setKeys(changed, bootId) {
      keys = changed;
      await command({ type: 'config', bootId }, { trace: traceFrom() });
    },
    failKeys: (times) => {
      failingKeys = times;
    },
    failLoads: (times) => {
      failingLoads = times;
    },
    loseNext: () => {
      loseNext = true;
    },
    events: async (run) =>
      (await readLog(run)).flatMap(({ event }) => (event.runId === run.runId ? [event] : [])),
    seen: async (run, isSo) => {
      await until(() => live.find((event) => event.runId === run.runId && isSo(event)));
    },
    reported: (run) =>
      until(() =>
        reports.find(({ runId, generation }) => runId === run.runId && generation === run.generation),
      ),
    reports,
    async close() {
      following.close();
      await finished.close();
      await requests.close();
      appender.close();
      replayer.close();
    },
  };
}
