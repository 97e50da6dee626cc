import { createAppender } from '@semibot/bus';
import { startBusLab } from '@semibot/bus/testing';
import { eventMessage, newId } from '@semibot/protocol';

await using lab = await startBusLab();
const chat = await lab.connect('chat');
const bus = await lab.connect('relay');
const appender = createAppender(chat);
const t = () => performance.now();
const N = Number(process.argv[2] ?? 500);
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
for (let n = 0; n < N; n++) {
  w.append({ type: 'text_chunk', text: `${n}@1234567;` });
  await w.flush();
}
const subject = eventMessage.format({ user: s.userId, session: s.sessionId });
const inbox = bus.newInbox();
let count = 0,
  first = 0,
  bytes = 0;
let done: () => void = () => {};
bus.nc.subscribe(inbox, {
  callback: (_e, m) => {
    if (!first) first = t();
    count++;
    bytes += m.data.length;
    if (count === N + 1) done();
  },
});
await bus.nc.flush();
for (let i = 0; i < 15; i++) {
  count = 0;
  first = 0;
  bytes = 0;
  const t0 = t();
  const p = new Promise<void>((r) => {
    done = r;
  });
  bus.nc.publish(
    '$JS.API.DIRECT.GET.EVENTS',
    JSON.stringify({ seq: 1, next_by_subj: subject, batch: N, max_bytes: 1048576 }),
    { reply: inbox },
  );
  await p;
  const t1 = t();
  console.log('first', (first - t0).toFixed(2), 'all', (t1 - t0).toFixed(2), count, bytes);
}
process.exit(0);
