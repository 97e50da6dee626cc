import { createAppender, createReplayer, followLog, readLogBounds } from '@semibot/bus';
import { startBusLab } from '@semibot/bus/testing';
import { eventMessage, newId } from '@semibot/protocol';

await using lab = await startBusLab();
const chat = await lab.connect('chat');
const bus = await lab.connect('relay');
const appender = createAppender(chat);
const replayer = createReplayer(bus);
const t = () => performance.now();
for (let i = 0; i < 12; i++) {
  const s = { userId: newId(), sessionId: newId() };
  const w = appender.openWriter({
    ...s,
    runId: newId(),
    generation: 1,
    idPrefix: newId(),
    position: { sequence: 0, nextIndex: 0 },
    readTail: () => Promise.reject(new Error('x')),
    trace: { requestId: newId(), traceparent: `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01` },
  });
  for (let n = 0; n < 500; n++) {
    w.append({ type: 'text_chunk', text: `${n}@1234567;` });
    await w.flush();
  }
  await new Promise((r) => setTimeout(r, 200));
  const subject = eventMessage.format({ user: s.userId, session: s.sessionId });
  const t0 = t();
  await readLogBounds(bus);
  const t1 = t();
  const p = await replayer.page('EVENTS', subject, 0);
  const t2 = t();
  await replayer.lastSequence('EVENTS', subject);
  const t3 = t();
  const f = await followLog(bus, replayer, s, () => {});
  const t4 = t();
  for (const e of p.entries) eventMessage.decode(e.data);
  const t5 = t();
  f.close();
  const t6 = t();
  await bus.nc.flush();
  const t7 = t();
  console.log({
    bounds: (t1 - t0).toFixed(2),
    page: (t2 - t1).toFixed(2),
    n: p.entries.length,
    last: (t3 - t2).toFixed(2),
    follow: (t4 - t3).toFixed(2),
    decode: (t5 - t4).toFixed(2),
    flush: (t7 - t6).toFixed(2),
  });
}
appender.close();
process.exit(0);
