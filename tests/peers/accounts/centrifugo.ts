/* A connection token of ours at Centrifugo's library, by Centrifugo's client: centrifugo.ts URL PORT MAILFOLDER. The last line: N passed, N failed. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { Centrifuge } from 'centrifuge';
import WebSocket from 'ws';

const [, , url, port, mailFolder] = process.argv as string[];
let passed = 0;
const ok = (what: string) => { passed++; console.log('ok   ' + what); };

async function post(path: string, body: unknown, access?: string): Promise<any> {
  const headers: Record<string, string> = { 'Content-Type': 'application/json', ...(access ? { Authorization: 'Bearer ' + access } : {}) };
  const r = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) });
  assert(r.ok, await r.clone().text());
  return r.json();
}
async function code(): Promise<string> {
  for (let i = 0; i < 400; i++) {
    for (const name of readdirSync(mailFolder!)) {
      const found = name.endsWith('.eml') && /^Subject: Your OTP code: (\d{4})/m.exec(readFileSync(mailFolder + '/' + name, 'utf8'));
      if (found) return found[1]!;
    }
    await new Promise((r) => setTimeout(r, 25));
  }
  throw new Error('no mail');
}
/* What the connection hears: connected, the channels it was put on, the first message; or why it was refused. */
function connect(token: string): Promise<{ channels: string[]; message?: unknown; refused?: number }> {
  return new Promise((resolve, reject) => {
    const seen: string[] = [];
    const c = new Centrifuge(`ws://127.0.0.1:${port}/connection/websocket`, { token, websocket: WebSocket, minReconnectDelay: 60000 });
    const give = (v: any) => { resolve(v); c.disconnect(); };
    c.on('subscribed', (s) => { seen.push(s.channel); });
    c.on('publication', (p) => give({ channels: seen, message: p.data }));
    c.on('disconnected', (d) => give({ channels: seen, refused: d.code }));
    setTimeout(() => reject(new Error('nothing heard')), 10000);
    c.connect();
  });
}

await post('/cfg/accounts/otp/request/', { identifier: 'push@example.com' });
const me = await post('/cfg/accounts/otp/verify/', { identifier: 'push@example.com', otp: await code() });
const given = (await (await fetch(url + '/cfg/centrifugo/auth/token/', { headers: { Authorization: 'Bearer ' + me.access } })).json()) as any;
assert.equal(given.centrifugo_url, `ws://127.0.0.1:${port}/connection/websocket`);
ok('a token is given');
const heard = await connect(given.token);
assert.deepEqual(heard.channels.sort(), [...given.channels].sort());
assert.deepEqual(heard.message, { hello: String(me.user.id) });
ok('it connects, on its channels, and hears what is said on its own');
assert.equal((await connect(me.user.centrifugo.token)).refused, undefined);
ok('so does the one in the user object');
const [head, claims, signature] = given.token.split('.');
for (const [what, bad] of [['another signature', `${head}.${claims}.${signature!.slice(0, -4)}AAAA`], ['a session token', me.access]] as const) {
  assert((await connect(bad)).refused, what);
  ok(what + ' is refused');
}
console.log(`${passed} passed, 0 failed`);
process.exit(0);
