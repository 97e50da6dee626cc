import { setTimeout as sleep } from 'node:timers/promises';
import { answerQuestions } from './child.ts';
import type { BenchSession } from './identity.ts';
import { type ReadersAnswer, type ReadersAsk, readersAskSchema } from './questions.ts';
import { SseConnection, type StreamTarget } from './sse-connection.ts';
import { quantile } from './statistics.ts';
import { Tally } from './tally.ts';
import { nowMicroseconds } from './token-text.ts';

/** The browsers' part in the bench. */
const OPENED_AT_ONCE = 50;
const REOPEN_DELAY_MS = 50;
/** Nothing more is waited for when nothing has come for this long, in milliseconds. */
const QUIET_MS = 1_500;

/** A reader that comes back with its last id whenever its stream ends. */
class SteadyReader {
  readonly tally = new Tally();
  readonly #target: StreamTarget;
  #connection: SseConnection;
  #closing = false;

  constructor(target: StreamTarget) {
    this.#target = target;
    this.#connection = this.#connect(undefined);
  }

  get status(): Promise<number> {
    return this.#connection.opened;
  }

  close(): void {
    this.#closing = true;
    this.#connection.close();
  }

  #connect(lastId: string | undefined): SseConnection {
    const onEnd = (): void => void this.#reopen();
    return new SseConnection({ ...this.#target, lastId }, this.tally.take, onEnd);
  }

  async #reopen(): Promise<void> {
    await sleep(REOPEN_DELAY_MS);
    if (!this.#closing) this.#connection = this.#connect(this.#connection.lastId);
  }
}

let readers: SteadyReader[] = [];

async function open(port: number, sessions: BenchSession[]): Promise<void> {
  for (let at = 0; at < sessions.length; at += OPENED_AT_ONCE) {
    const some = sessions
      .slice(at, at + OPENED_AT_ONCE)
      .map((session) => new SteadyReader({ port, ...session }));
    readers.push(...some);
    const statuses = await Promise.all(some.map(({ status }) => status));
    if (statuses.some((status) => status !== 200)) throw new Error(`readers were answered with ${statuses}`);
  }
}

function close(): void {
  for (const reader of readers) reader.close();
  readers = [];
}

async function finish(perSession: number): Promise<Partial<ReadersAnswer>> {
  const tallies = readers.map(({ tally }) => tally);
  const isComplete = (): boolean => tallies.every(({ distinct }) => distinct >= perSession);
  const quietSince = (): number => Math.max(startedAt, ...tallies.map(({ lastAt }) => lastAt));
  const startedAt = nowMicroseconds();
  while (!isComplete() && nowMicroseconds() - quietSince() < QUIET_MS * 1_000) await sleep(20);
  close();
  const latencies = Float64Array.from(tallies.flatMap(({ latenciesMs }) => latenciesMs)).sort();
  const sum = (value: (tally: Tally) => number): number =>
    tallies.reduce((total, tally) => total + value(tally), 0);
  return {
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
    lost: sum(({ distinct }) => perSession - distinct),
    twice: sum(({ twice }) => twice),
    reordered: sum(({ reordered }) => reordered),
    silence: Math.max(...tallies.map(({ longestSilenceMs }) => longestSilenceMs)),
  };
}

/** Reads a session from its beginning until it has so many tokens. */
function readAll(target: StreamTarget, tokens: number): Promise<Tally> {
  const tally = new Tally();
  return new Promise((resolve, reject) => {
    const connection = new SseConnection(
      { ...target, after: '0' },
      (line) => {
        tally.take(line);
        if (tally.distinct < tokens) return;
        resolve(tally);
        connection.close();
      },
      () => reject(new Error('a stream ended early')),
    );
  });
}

async function resume(question: Extract<ReadersAsk, { type: 'resume' }>): Promise<Partial<ReadersAnswer>> {
  const target = { port: question.port, ...question.session };
  const startedAt = nowMicroseconds();
  const tallies = await Promise.all(
    Array.from({ length: question.readers }, () => readAll(target, question.tokens)),
  );
  const latest = (value: (tally: Tally) => number): number =>
    (Math.max(...tallies.map(value)) - startedAt) / 1_000;
  return { first: latest(({ firstAt }) => firstAt), last: latest(({ lastAt }) => lastAt) };
}

answerQuestions(readersAskSchema, async (question) => {
  if (question.type === 'finish') return finish(question.perSession);
  if (question.type === 'resume') return resume(question);
  if (question.type === 'open') await open(question.port, question.sessions);
  else close();
  return {};
});
