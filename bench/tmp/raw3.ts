import { mkdtempSync, readFileSync } from 'node:fs';
import { applyStreams, connectBus, messageHeaders } from '@semibot/bus';
import { generateNatsKeys, startNats } from '@semibot/local';
import { eventMessage, inboxPrefix, newId } from '@semibot/protocol';

const dir = mkdtempSync('/tmp/relay-exp/nats-');
const keys = generateNatsKeys();
const nats = await startNats({ dir, keys });
const cpu = () => {
  const s = readFileSync(`/proc/${nats.pid}/schedstat`, 'utf8');
  const st = readFileSync(`/proc/${nats.pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(st[11]) + Number(st[12])) * 10;
};
const log = { info() {}, warn() {}, error() {} };
const setup = await connectBus({
  servers: nats.url,
  name: 's',
  inboxPrefix: inboxPrefix('setup'),
  nkeySeed: keys.setup.seed,
  logger: log,
});
await applyStreams(setup);
const bus = await connectBus({
  servers: nats.url,
  name: 'r',
  inboxPrefix: inboxPrefix('relay'),
  nkeySeed: keys.relay.seed,
  logger: log,
});
const t = () => performance.now();
const N = 500;
const body = JSON.stringify({
  type: 'text_chunk',
  sessionId: newId(),
  runId: newId(),
  index: 1,
  time: new Date().toISOString(),
  text: '12@1234566;',
});
for (const hs of [0, 2, 6]) {
  const s = { user: newId(), session: newId() };
  const subject = eventMessage.format(s);
  for (let n = 0; n < N; n++) {
    const all: [string, string][] = [
      ['Nats-Msg-Id', newId() + newId()],
      ['Nats-Expected-Last-Subject-Sequence', ''],
      ['Semibot-Run', newId()],
      ['Semibot-Generation', '1'],
      ['X-Request-ID', newId()],
      ['traceparent', `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`],
    ];
    const h = hs
      ? messageHeaders(Object.fromEntries((hs === 6 ? all : [all[0], all[2]]).filter(([, v]) => v)))
      : undefined;
    await setup.nc.request(subject, body, h ? { headers: h, timeout: 5000 } : { timeout: 5000 });
  }
  const inbox = bus.newInbox();
  let count = 0,
    first = 0;
  let shown = 0;
  let done: () => void = () => {};
  const sub = bus.nc.subscribe(inbox, {
    callback: (_e: unknown, m: any) => {
      if (!shown++) console.log(m.headers?.toString(), m.data.length);
      if (!first) first = t();
      count++;
      if (count === N + 1) done();
    },
  });
  await bus.nc.flush();
  const times: number[] = [],
    firsts: number[] = [];
  let c0 = 0;
  let m0 = 0;
  for (let i = 0; i < 400; i++) {
    if (i === 100) {
      c0 = cpu();
      m0 = process.cpuUsage().user + process.cpuUsage().system;
    }
    count = 0;
    first = 0;
    const t0 = t();
    const p = new Promise<void>((r) => {
      done = r;
    });
    bus.nc.publish(
      '$JS.API.DIRECT.GET.EVENTS',
      JSON.stringify({
        seq: 1,
        next_by_subj: subject,
        batch: N,
        max_bytes: 1048576,
        ...(process.env.NOHDR ? { no_hdr: true } : {}),
      }),
      { reply: inbox },
    );
    await p;
    times.push(t() - t0);
    firsts.push(first - t0);
  }
  times.sort((a, b) => a - b);
  firsts.sort((a, b) => a - b);
  console.log(
    `headers ${hs}: median all ${times[200].toFixed(2)} first ${firsts[200].toFixed(2)} server cpu/batch ${((cpu() - c0) / 300).toFixed(2)} client cpu/batch ${((process.cpuUsage().user + process.cpuUsage().system - m0) / 300 / 1000).toFixed(2)}`,
  );
  sub.unsubscribe();
}
await nats.stop();
process.exit(0);
