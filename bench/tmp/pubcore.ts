import { mkdtempSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { applyStreams, connectBus } from '@semibot/bus';
import { generateNatsKeys, startNats } from '@semibot/local';
import { eventMessage, inboxPrefix, newId } from '@semibot/protocol';

const variant = process.argv[2] ?? 'all';
const RATE = Number(process.argv[3] ?? 2000);
const SECS = 4;
const dir = mkdtempSync('/tmp/relay-exp/nats-');
const keys = generateNatsKeys();
const nats = await startNats({ dir, keys });
if (process.argv[4]) {
  const conf = readFileSync(dir + '/nats.conf', 'utf8');
  const { writeFileSync } = await import('node:fs');
  await nats.stop();
  writeFileSync(dir + '/p.conf', conf + '\nprof_port: 65432\n');
  const { spawn } = await import('node:child_process');
  const ch = spawn(process.env.NATS_SERVER_BIN!, ['-c', dir + '/p.conf'], {
    stdio: 'ignore',
    env: { ...process.env, ...(process.env.GOMAX ? { GOMAXPROCS: process.env.GOMAX } : {}) },
  });
  (nats as any).pid2 = ch.pid;
  await new Promise((r) => setTimeout(r, 1500));
  (nats as any).stop = async () => {
    ch.kill('SIGKILL');
  };
}
const cpu = () => {
  const st = readFileSync(`/proc/${(nats as any).pid2 ?? nats.pid}/stat`, 'utf8')
    .split(') ')[1]!
    .split(' ');
  return [Number(st[11]) * 10, Number(st[12]) * 10] as const;
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
if (variant.includes('norepub')) {
  const i = (await setup.nc.request('$JS.API.STREAM.INFO.EVENTS', '')).json() as any;
  delete i.config.republish;
  const r = (await setup.nc.request('$JS.API.STREAM.UPDATE.EVENTS', JSON.stringify(i.config))).json() as any;
  if (r.error) console.log(r.error);
}
if (variant.includes('core')) {
  await setup.nc.request('$JS.API.STREAM.DELETE.EVENTS', '');
}
const pub = await connectBus({
  servers: nats.url,
  name: 'p',
  inboxPrefix: inboxPrefix('chat'),
  nkeySeed: keys.chat.seed,
  logger: log,
});
const sub = await connectBus({
  servers: nats.url,
  name: 'r',
  inboxPrefix: inboxPrefix('relay'),
  nkeySeed: keys.relay.seed,
  logger: log,
});
const S = 100;
const sess = Array.from({ length: S }, () => ({
  user: newId(),
  session: newId(),
  seq: 0,
  busy: false,
  n: 0,
  run: newId(),
}));
let got = 0;
for (const s of sess)
  sub.nc.subscribe(
    variant.includes('core')
      ? eventMessage.format(s).replace('events', 'live')
      : `live.${s.user}.${s.session}`,
    {
      callback: () => {
        got++;
      },
    },
  );
await sub.nc.flush();
const inbox = pub.newInbox();
let acks = 0,
  skipped = 0;
pub.nc.subscribe(`${inbox}.*`, {
  callback: (_e, m) => {
    acks++;
    const s = sess[Number(m.subject.slice(inbox.length + 1))]!;
    s.busy = false;
    const a = m.json<any>();
    if (a.error) throw new Error(JSON.stringify(a));
    s.seq = a.seq;
  },
});
const TE = new TextEncoder();
const enc = (text: string) => {
  const b = TE.encode(text);
  return { encode: () => b } as any;
};
const id = newId();
const body = () =>
  TE.encode(
    JSON.stringify({
      type: 'text_chunk',
      sessionId: id,
      runId: id,
      index: 1,
      time: new Date().toISOString(),
      text: '12@1234566;',
    }),
  );
const send = (s: (typeof sess)[0], i: number) => {
  s.n++;
  const exp = `Nats-Expected-Last-Subject-Sequence: ${s.seq}\r\n`;
  const mid = `Nats-Msg-Id: ${s.run}-${s.run}-1-${s.n}\r\n`;
  const rest = `Semibot-Run: ${s.run}\r\nSemibot-Generation: 1\r\nX-Request-ID: ${s.run}\r\ntraceparent: 00-${'1'.repeat(32)}-${'2'.repeat(16)}-01\r\n`;
  const rest2 = `Semibot-Run: ${s.run}\r\nSemibot-Generation: 1\r\nX-Request-ID: ${s.run}\r\nSemibot-Trace: 00-${'1'.repeat(32)}-${'2'.repeat(16)}-01\r\n`;
  const h = variant.includes('tr')
    ? mid + exp + rest2
    : variant.includes('all')
      ? mid + exp + rest
      : variant.includes('exp')
        ? exp
        : variant.includes('mid')
          ? mid + exp
          : '';
  const subject = variant.includes('core') ? `live.${s.user}.${s.session}` : eventMessage.format(s);
  if (!variant.includes('core')) s.busy = true;
  pub.nc.publish(subject, body(), {
    ...(variant.includes('core') ? {} : { reply: `${inbox}.${i}` }),
    ...(h ? { headers: enc(`NATS/1.0\r\n${h}\r\n`) } : {}),
  });
};
const run = async (secs: number) => {
  const t0 = performance.now();
  let sent = 0;
  const total = RATE * secs;
  while (sent < total) {
    const due = Math.min(total, Math.floor(((performance.now() - t0) * RATE) / 1000));
    for (; sent < due; sent++) {
      const s = sess[sent % S]!;
      if (s.busy) skipped++;
      else send(s, sent % S);
    }
    await sleep(1);
  }
  await sleep(50);
};
await run(2);
got = acks = skipped = 0;
if (process.argv[4])
  fetch('http://127.0.0.1:65432/debug/pprof/profile?seconds=3')
    .then((r) => r.arrayBuffer())
    .then(async (b) => (await import('node:fs')).writeFileSync(process.argv[4]!, Buffer.from(b)))
    .catch((e) => console.log(e));
const c0 = cpu();
await run(SECS);
const c1 = cpu();
console.log(
  variant,
  RATE,
  'nats cpu ms/1000: user',
  ((c1[0] - c0[0]) / ((RATE * SECS) / 1000)).toFixed(1),
  'sys',
  ((c1[1] - c0[1]) / ((RATE * SECS) / 1000)).toFixed(1),
  'total',
  ((c1[0] - c0[0] + c1[1] - c0[1]) / ((RATE * SECS) / 1000)).toFixed(1),
  { got, acks, skipped },
);
await nats.stop();
process.exit(0);
