import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { answerQuestions } from './child.ts';
import { busOutlet, socketOutlet } from './outlets.ts';
import { type ProducerAsk, producerAskSchema } from './questions.ts';
import { nowMicroseconds, tokenText } from './token-text.ts';

/** The runtimes' part in the bench. */
const env = z
  .union([
    z.object({ SOCKET_URL: z.string() }),
    z.object({ NATS_URL: z.string(), NATS_NKEY_SEED: z.string() }),
  ])
  .parse(process.env);
const outlet =
  'SOCKET_URL' in env
    ? await socketOutlet(env.SOCKET_URL)
    : await busOutlet(env.NATS_URL, env.NATS_NKEY_SEED);

const PACE_STEP_MS = 1;

/** The sessions' tokens are evenly spread over time. */
async function pace(question: Extract<ProducerAsk, { type: 'pace' }>): Promise<number> {
  const { sessions, perSecond, seconds } = question;
  const outlets = sessions.map((session) => outlet.open(session));
  const total = outlets.length * perSecond * seconds;
  const intervalUs = 1_000_000 / (outlets.length * perSecond);
  const start = nowMicroseconds();
  for (let sent = 0; sent < total; ) {
    const due = Math.min(total, Math.floor((nowMicroseconds() - start) / intervalUs));
    for (; sent < due; sent += 1)
      outlets[sent % outlets.length]?.send(tokenText(Math.floor(sent / outlets.length)));
    await sleep(PACE_STEP_MS);
  }
  await Promise.all(outlets.map((session) => session.flush()));
  return total;
}

async function store({ session, count }: Extract<ProducerAsk, { type: 'store' }>): Promise<number> {
  const tokens = outlet.open(session);
  for (let number = 0; number < count; number += 1) {
    tokens.send(tokenText(number));
    await tokens.flush();
  }
  return count;
}

answerQuestions(producerAskSchema, async (question) => ({
  tokens: question.type === 'pace' ? await pace(question) : await store(question),
}));
