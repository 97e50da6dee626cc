import { readdir } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LocalSystem } from '@semibot/local';
import { cpuTimeMs } from '../relay/process-usage.ts';
import type { Host } from './hosts.ts';
import { newPerson, type Person } from './person.ts';
import { ageMs, memoryOf } from './process-facts.ts';

export const MEASURES = {
  coldFromPost: 'cold start, POST to first token, ms',
  coldFromSpawn: 'cold start, spawn to first token, ms',
  coldCpu: "the runtime's CPU until that run's end, ms",
  warm: 'warm, POST to first token, ms',
  thaw: 'frozen, POST to first token, ms',
  rss: 'idle runtime, RSS, MiB',
  pss: 'idle runtime, PSS, MiB',
  own: 'idle runtime, its own alone, MiB',
} as const;
export type Measure = keyof typeof MEASURES;
export type Measured = Record<Measure, number[]>;

const WARM_RUNS = 3;
const CACHE_POLL_MS = 500;

interface ColdStart {
  coldFromPost: number;
  coldFromSpawn: number;
  coldCpu: number;
}

/** The first token of somebody who has no runtime. */
async function coldStart(host: Host, person: Person): Promise<ColdStart> {
  let heardAt = 0;
  const coldFromPost = await person.firstToken(() => {
    heardAt = performance.now();
  });
  const pid = await host.pidOf(person.userId);
  const age = ageMs(pid);
  const sinceHeard = performance.now() - heardAt;
  return { coldFromPost, coldFromSpawn: age - sinceHeard, coldCpu: cpuTimeMs(pid) };
}

/** Resolves when the first runtime of a data folder has written down what it compiled. */
async function untilCompiledIsKept(system: LocalSystem): Promise<void> {
  const cache = join(system.data, 'cache', 'runtimes');
  const files = async (): Promise<number> => (await readdir(cache, { recursive: true })).length;
  for (let before = -1, now = await files(); now < 2 || now !== before; before = now, now = await files())
    await sleep(CACHE_POLL_MS);
}

/**
 * Starts as many runtimes as there are people, one after the other, uses each a little, waits until all sleep, and
 * wakes them, as often as asked. The very first one, which finds nothing compiled, is told apart.
 */
export async function measureRuntimes(
  system: LocalSystem,
  host: Host,
  { people: count, thaws }: { people: number; thaws: number },
): Promise<{ first: ColdStart; measured: Measured }> {
  const measured: Measured = {
    coldFromPost: [],
    coldFromSpawn: [],
    coldCpu: [],
    warm: [],
    thaw: [],
    rss: [],
    pss: [],
    own: [],
  };
  const note = (values: Partial<Record<Measure, number>>): void => {
    for (const [name, value] of Object.entries(values)) measured[name as Measure].push(value);
    const told = Object.entries(values).map(([name, value]) => `${name} ${value.toFixed(0)}`);
    process.stderr.write(`load ${loadavg()[0]?.toFixed(1)}: ${told.join(', ')}\n`);
  };

  const earliest = await newPerson(system.url);
  const first = await coldStart(host, earliest);
  if (host.driver === 'process') await untilCompiledIsKept(system);

  const people: Person[] = [];
  for (let number = 1; number <= count; number += 1) {
    const person = await newPerson(system.url);
    people.push(person);
    note({ ...(await coldStart(host, person)) });
    for (let run = 1; run <= WARM_RUNS; run += 1) note({ warm: await person.firstToken() });
  }
  for (let time = 1; time <= thaws; time += 1) {
    await Promise.all(people.map((person) => person.frozen()));
    if (time === 1) for (const { userId } of people) note({ ...memoryOf(await host.pidOf(userId)) });
    for (const person of people) note({ thaw: await person.firstToken() });
  }
  for (const person of [earliest, ...people]) person.close();
  return { first, measured };
}
