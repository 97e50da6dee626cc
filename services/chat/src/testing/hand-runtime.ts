import { createCurve } from '@nats-io/nkeys';
import { createAppender, createRequester, followSubject, type LogWriter, publishMessage } from '@semibot/bus';
import {
  type Command,
  decodeJson,
  newId,
  orderMessage,
  type ProviderKeys,
  providerKeysSchema,
  type RequestResult,
  type RunFinished,
  runFinishedMessage,
  type SealedKeys,
  traceFrom,
  vmFactKey,
  vmFrozenMessage,
  vmGoneMessage,
  vmReadyMessage,
} from '@semibot/protocol';
import type { ChatLab } from './chat-lab.ts';

type RunCommand = Extract<Command, { type: 'run' }>;

/** A user's runtime moved by hand: a test decides when it says and does what. */
export interface HandRuntime {
  readonly bootId: string;
  /** The provider keys that it was told at its beginning. */
  readonly keys: ProviderKeys;
  /** Asks for the keys in force. */
  getKeys(): Promise<ProviderKeys>;
  /** Says that it can be given runs: at its beginning, and after a freeze. */
  sayReady(): Promise<void>;
  /** The next command, in the order in which they come. */
  nextCommand(): Promise<Command>;
  getRun(command: RunCommand): Promise<RequestResult<'get_run'>>;
  openWriter(command: RunCommand, context: RequestResult<'get_run'>): LogWriter;
  report(command: RunCommand, end: Pick<RunFinished, 'nextIndex' | 'outcome' | 'steeredBy'>): Promise<void>;
  /** Tells chat, as the scheduler would, that this process sleeps. */
  sleep(): Promise<void>;
  /** Tells chat, as the scheduler would, that this process is no more. */
  die(): Promise<void>;
}

/** Begins a runtime of this user: it follows its orders, introduces itself, and is ready for runs unless told to wait. */
export async function beginHandRuntime(
  lab: ChatLab,
  userId: string,
  options: { ready?: boolean } = {},
): Promise<HandRuntime> {
  const bus = await lab.connectAs(userId);
  const bootId = newId();
  const fact = { instanceId: newId(), bootId, time: new Date().toISOString() };
  const requester = createRequester(bus, userId);
  const appender = createAppender(bus);
  const commands: Command[] = [];
  const waiting: ((command: Command) => void)[] = [];
  const following = followSubject(
    bus,
    orderMessage,
    { user: userId },
    (command) => {
      if (command.bootId !== bootId) return;
      const taker = waiting.shift();
      if (taker) taker(command);
      else commands.push(command);
    },
    (error) => {
      throw error;
    },
  );
  await following.ready;
  const curve = createCurve();
  const curveKey = curve.getPublicKey();
  const open = ({ data, from }: SealedKeys): ProviderKeys => {
    const opened = curve.open(Buffer.from(data, 'base64'), from);
    if (!opened) throw new Error('the keys are sealed to another');
    return providerKeysSchema.parse(decodeJson(opened));
  };
  const { sealedKeys } = await requester.request('init', null, { bootId, curveKey });
  const sayReady = async (): Promise<void> => {
    await publishMessage(bus, vmReadyMessage, { user: userId }, fact, { subject: vmFactKey });
  };
  if (options.ready !== false) await sayReady();

  const nameOf = ({ runId, generation }: RunCommand) => ({ runId, generation, bootId });
  return {
    bootId,
    keys: open(sealedKeys),
    getKeys: async () => open((await requester.request('get_keys', null, { bootId, curveKey })).sealedKeys),
    sayReady,
    nextCommand() {
      const command = commands.shift();
      return command ? Promise.resolve(command) : new Promise((resolve) => waiting.push(resolve));
    },
    getRun: (command) => requester.request('get_run', command.sessionId, { ...nameOf(command), page: 0 }),
    openWriter: (command, { position }) =>
      appender.openWriter({
        userId,
        sessionId: command.sessionId,
        runId: command.runId,
        generation: command.generation,
        idPrefix: newId(),
        position,
        trace: traceFrom(),
        readTail: (messageId) =>
          requester.request('log_tail', command.sessionId, { ...nameOf(command), messageId }),
      }),
    async report(command, end) {
      const where = { user: userId, session: command.sessionId };
      await publishMessage(bus, runFinishedMessage, where, { ...nameOf(command), ...end });
    },
    async sleep() {
      const frozen = { ...fact, time: new Date().toISOString(), reason: 'put to sleep by the test' };
      await publishMessage(lab.setup, vmFrozenMessage, { user: userId }, frozen, { subject: vmFactKey });
    },
    async die() {
      const gone = { ...fact, time: new Date().toISOString(), reason: 'killed by the test' };
      await publishMessage(lab.setup, vmGoneMessage, { user: userId }, gone, { subject: vmFactKey });
    },
  };
}

/** The command, which must be one to do a run. */
export function asRun(command: Command): RunCommand {
  if (command.type !== 'run') throw new Error(`expected a run, got ${command.type}`);
  return command;
}
