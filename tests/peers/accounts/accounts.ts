/* django-cfg 16.4 by a client that @hey-api/openapi-ts made of the contract, every answer checked by zod: accounts.ts URL LIMITED_URL MAILFOLDER [MAILFOLDER_OF_LIMITED].
 * The last line: N passed, N failed. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { client } from './client/client.gen';
import * as sdk from './client/sdk.gen';
import * as schemas from './client/zod.gen';

const [, , url, limited, mailFolder, limitedMail] = process.argv as string[];
const auth: { access?: string; refresh?: string; key?: string; zone?: string } = {};
const used = new Set<string>();
let passed = 0, failed = 0;

/* What the package's own thin layer does (16.2). */
client.setConfig({ baseUrl: url });
client.interceptors.request.use((rq: Request) => {
  if (auth.access) rq.headers.set('Authorization', 'Bearer ' + auth.access);
  if (auth.key) rq.headers.set('X-API-Key', auth.key);
  if (auth.zone) rq.headers.set('X-Timezone', auth.zone);
  rq.headers.set('X-Client-Time', new Date().toISOString());
  return rq;
});

async function step(what: string, run: () => Promise<void>) {
  try {
    await run();
    passed++;
    console.log('ok   ' + what);
  } catch (e) {
    failed++;
    console.log('FAIL ' + what + '\n' + ((e as Error).stack ?? e));
  }
}

/* Every operation by its name, so that none is forgotten. */
const operations = new Map<string, (o?: any) => Promise<any>>();
for (const group of Object.values(sdk) as any[])
  for (const name of Object.getOwnPropertyNames(group))
    if (name.startsWith('cfg') && typeof group[name] === 'function') operations.set(name, (o) => group[name](o ?? {}));
const called = new Set<string>();
async function call(name: string, options?: any): Promise<{ data?: any; error?: any; response: Response }> {
  called.add(name);
  return (await operations.get(name)!(options)) as any;
}
async function good(name: string, options?: any): Promise<any> {
  const r = await call(name, options);
  assert(r.response?.ok && r.error === undefined, `${name}: ${r.response?.status} ${r.error instanceof Error ? r.error.stack : JSON.stringify(r.error)}`);
  return r.data;
}
async function bad(status: number, name: string, options?: any): Promise<any> {
  const r = await call(name, options);
  assert.equal(r.response.status, status, JSON.stringify(r.error ?? r.data));
  return r.error;
}

async function mailTo(address: string, folder = mailFolder): Promise<string> {
  for (let i = 0; i < 400; i++) {
    for (const name of readdirSync(folder).filter((n) => n.endsWith('.eml')).sort()) {
      const text = used.has(folder + name) ? '' : readFileSync(folder + '/' + name, 'utf8');
      const code = /^Subject: Your OTP code: (\d{4})\r?$/m.exec(text);
      if (code && new RegExp(`^To: ${address}\\r?$`, 'm').test(text)) {
        used.add(folder + name);
        return code[1]!;
      }
    }
    await new Promise((r) => setTimeout(r, 25));
  }
  throw new Error('no mail to ' + address);
}
async function codeFor(address: string): Promise<string> {
  await good('cfgAccountsOtpRequestCreate', { body: { identifier: address } });
  return mailTo(address);
}
async function verify(address: string): Promise<any> {
  return good('cfgAccountsOtpVerifyCreate', { body: { identifier: address, otp: await codeFor(address) } });
}
function totp(secret: string, steps = 0): string {
  let bits = '';
  for (const c of secret) bits += 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0');
  const key = Buffer.from(bits.match(/.{8}/g)!.map((b) => parseInt(b, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30000) + steps));
  const mac = createHmac('sha1', key).update(counter).digest();
  return String((mac.readUInt32BE(mac[19]! & 15) & 0x7fffffff) % 1e6).padStart(6, '0');
}
const claims = (token: string) => JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString());
const email = 'ann@example.com';
let user: any, secret: string, device: string, codes: string[];

await step('1 providers', async () => assert.deepEqual((await good('cfgAccountsOauthProvidersRetrieve')).providers, [{ id: 'github', name: 'GitHub', icon: 'github' }]));
await step('2, 6 a code, a login', async () => {
  const answer = await verify(email);
  assert.match(answer.access, /^[^.]+\.[^.]+\.[^.]+$/);
  assert.equal(typeof answer.user.id, 'number');
  assert.equal(answer.user.last_login, null);
  user = answer.user;
  Object.assign(auth, { access: answer.access, refresh: answer.refresh });
});
await step('4 no address', async () => {
  const e = await bad(400, 'cfgAccountsOtpRequestCreate', { body: { identifier: 'nope' } });
  assert.equal(e.error_code, 'invalid_identifier');
  assert(Array.isArray(e.identifier) && typeof e.error === 'string');
});
await step('5 five wrong codes void the right one', async () => {
  const code = await codeFor('five@example.com');
  for (let k = 1; k <= 5; k++)
    assert.deepEqual(await bad(401, 'cfgAccountsOtpVerifyCreate', { body: { identifier: 'five@example.com', otp: String((+code + k) % 10000).padStart(4, '0') } }), { error: 'Authentication failed' });
  await bad(401, 'cfgAccountsOtpVerifyCreate', { body: { identifier: 'five@example.com', otp: code } });
});
await step('8 profile and time zone', async () => {
  auth.zone = 'Asia/Seoul';
  await good('cfgAccountsProfileRetrieve');
  assert.equal((await good('cfgAccountsProfileRetrieve')).timezone, 'Asia/Seoul');
  auth.zone = 'Nowhere/At All';
  assert.equal((await good('cfgAccountsProfileRetrieve')).timezone, 'Asia/Seoul');
  delete auth.zone;
});
await step('9, 10 bad credentials', async () => {
  const kept = auth.access;
  delete auth.access;
  assert.equal(typeof (await bad(401, 'cfgAccountsProfileRetrieve')).detail, 'string');
  auth.access = 'eyJ.bad.bad';
  await bad(401, 'cfgAccountsProfileRetrieve');
  await good('cfgAccountsOtpRequestCreate', { body: { identifier: 'stale@example.com' } });
  auth.access = kept;
});
await step('11 four ways to change a profile', async () => {
  const before = await good('cfgAccountsProfileRetrieve');
  for (const name of ['cfgAccountsProfileUpdateUpdate', 'cfgAccountsProfilePartialUpdate']) assert.deepEqual(await good(name, { body: {} }), { ...before, last_login: (await good(name, { body: {} })).last_login });
  const named = await good('cfgAccountsProfileUpdatePartialUpdate', { body: { first_name: 'Ann', last_name: 'Lee' } });
  assert.deepEqual([named.full_name, named.initials], ['Ann Lee', 'AL']);
  assert(Array.isArray((await bad(400, 'cfgAccountsProfilePartialPartialUpdate', { body: { phone: '123' } })).phone));
  await bad(400, 'cfgAccountsProfilePartialPartialUpdate', { body: { first_name: null } });
  await bad(400, 'cfgAccountsProfilePartialPartialUpdate', { body: { first_name: 'x'.repeat(51) } });
  await good('cfgAccountsProfilePartialPartialUpdate', { body: { company: 'A  B' } });
});
await step('12 refresh, once', async () => {
  const old = auth.refresh!;
  const pair = await good('cfgAccountsTokenRefreshCreate', { body: { refresh: old } });
  assert.equal((await bad(401, 'cfgAccountsTokenRefreshCreate', { body: { refresh: old } })).code, 'token_not_valid');
  const both = await Promise.all([0, 1].map(() => call('cfgAccountsTokenRefreshCreate', { body: { refresh: pair.refresh } })));
  assert.deepEqual(both.map((r) => r.response.status).sort(), [200, 401]);
  const won = both.find((r) => r.response.ok)!.data;
  Object.assign(auth, { access: won.access, refresh: won.refresh });
});
await step('13 avatar', async () => {
  const dot = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC', 'base64');
  const shown = await good('cfgAccountsProfileAvatarCreate', { body: { avatar: new Blob([dot], { type: 'image/png' }) } });
  const image = await fetch(shown.avatar);
  assert.deepEqual([image.status, image.headers.get('content-type')], [200, 'image/png']);
  assert(Array.isArray((await bad(400, 'cfgAccountsProfileAvatarCreate', { body: { avatar: new Blob([Buffer.alloc(5242881)], { type: 'image/png' }) } })).avatar));
  await bad(400, 'cfgAccountsProfileAvatarCreate', { body: { avatar: new Blob(['hello'], { type: 'text/plain' }) } });
  assert.equal((await bad(400, 'cfgAccountsProfileAvatarCreate', { body: { other: 'x' } as any })).error, 'No avatar file provided');
});
await step('14 API key', async () => {
  const masked = await good('cfgAccountsApiKeyRetrieve');
  assert.match(masked.key, /^.{6}\u2022{24}.{6}$/u);
  const old = await good('cfgAccountsApiKeyRegenerateCreate');
  const fresh = await good('cfgAccountsApiKeyRegenerateCreate');
  assert.match(fresh.key, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.deepEqual(await good('cfgAccountsApiKeyTestCreate', { body: { key: fresh.key } }), { valid: true, user_id: String(user.id) });
  assert.deepEqual(await good('cfgAccountsApiKeyTestCreate', { body: { key: old.key } }), { valid: false, user_id: null });
  const kept = auth.access;
  delete auth.access;
  auth.key = fresh.key;
  await good('cfgAccountsOauthConnectionsList');
  await bad(401, 'cfgAccountsProfileRetrieve');
  auth.key = 'bad';
  auth.access = kept;
  await good('cfgAccountsOauthConnectionsList');
  delete auth.key;
});
await step('15, 16 authenticator', async () => {
  const first = await good('cfgTotpSetupCreate'), second = await good('cfgTotpSetupCreate', { body: { device_name: 'Phone' } });
  assert.equal(first.device_id, second.device_id);
  assert.notEqual(first.secret, second.secret);
  assert(second.qr_code_base64.startsWith('data:image/png;base64,'));
  assert(second.provisioning_uri.includes(encodeURIComponent(email)) && second.provisioning_uri.includes(second.secret));
  [secret, device] = [second.secret, second.device_id];
  assert.equal((await bad(400, 'cfgTotpSetupConfirmCreate', { body: { device_id: device, code: '000000' } })).code, 'INVALID_CODE');
  codes = (await good('cfgTotpSetupConfirmCreate', { body: { device_id: device, code: totp(secret, -1) } })).backup_codes;
  assert.equal(codes.length, 10);
  assert.equal((await bad(400, 'cfgTotpSetupCreate')).code, '2FA_ALREADY_ENABLED');
  assert.equal((await good('cfgTotpDevicesRetrieve')).has_2fa_enabled, true);
});
await step('17 login with it', async () => {
  const wait = await verify(email);
  assert.deepEqual([wait.requires_2fa, wait.access, wait.user], [true, null, null]);
  await bad(400, 'cfgTotpVerifyCreate', { body: { session_id: wait.session_id, code: totp(secret, -1) } });
  const done = await good('cfgTotpVerifyCreate', { body: { session_id: wait.session_id, code: totp(secret) } });
  assert.equal(done.user.email, email);
  await bad(400, 'cfgTotpVerifyCreate', { body: { session_id: wait.session_id, code: totp(secret, 1) } });
  Object.assign(auth, { access: done.access_token, refresh: done.refresh_token });
});
await step('18 five wrong codes', async () => {
  const wait = await verify(email);
  for (let left = 4; left >= 0; left--) assert.equal((await bad(400, 'cfgTotpVerifyCreate', { body: { session_id: wait.session_id, code: '000000' } })).attempts_remaining, left);
  await bad(403, 'cfgTotpVerifyCreate', { body: { session_id: wait.session_id, code: '000000' } });
  await bad(400, 'cfgTotpVerifyCreate', { body: { session_id: crypto.randomUUID(), code: '000000' } });
});
await step('19 backup codes', async () => {
  let wait = await verify(email);
  const done = await good('cfgTotpVerifyBackupCreate', { body: { session_id: wait.session_id, backup_code: codes[0]!.toUpperCase() } });
  assert.equal(done.remaining_backup_codes, 9);
  assert(!('warning' in done));
  wait = await verify(email);
  await bad(400, 'cfgTotpVerifyBackupCreate', { body: { session_id: wait.session_id, backup_code: codes[0] } });
  assert.deepEqual(await good('cfgTotpBackupCodesRetrieve'), { remaining_count: 9, total_generated: 10, warning: null });
  for (let k = 1; k < 7; k++) {
    wait = await verify(email);
    const next = await good('cfgTotpVerifyBackupCreate', { body: { session_id: wait.session_id, backup_code: codes[k] } });
    assert.equal('warning' in next, k === 6);
  }
});
await step('20, 21 new codes, the end of it', async () => {
  assert.equal((await good('cfgTotpBackupCodesRegenerateCreate', { body: { code: totp(secret, 1) } })).backup_codes.length, 10);
  assert.equal((await bad(400, 'cfgTotpDevicesDestroy', { path: { id: device } })).code, 'CODE_REQUIRED');
  // All three steps of this moment are used: the next authenticator is needed for the rest.
  for (let i = 0; i < 70; i++) {
    const r = await call('cfgTotpDisableCreate', { body: { code: totp(secret, 1) } });
    if (r.response.ok) break;
    await new Promise((done) => setTimeout(done, 500));
  }
  const after = await good('cfgTotpDevicesRetrieve');
  assert.deepEqual([after.has_2fa_enabled, after.devices.map((d: any) => d.status)], [false, ['disabled']]);
  const anew = await good('cfgTotpSetupCreate');
  await good('cfgTotpSetupConfirmCreate', { body: { device_id: anew.device_id, code: totp(anew.secret) } });
  const gone = await call('cfgTotpDevicesDestroy', { path: { id: anew.device_id }, body: { code: totp(anew.secret, 1) }, headers: { 'Content-Type': 'application/json' } } as any);
  assert.equal(gone.response.status, 204, JSON.stringify(gone.error));
});
await step('22 GitHub', async () => {
  const out = await good('cfgAccountsOauthGithubAuthorizeCreate');
  assert.equal(new URL(out.authorization_url).searchParams.get('state'), out.state);
  const back = async (code: string, state?: string) => call('cfgAccountsOauthGithubCallbackCreate', { body: { code, state: state ?? (await good('cfgAccountsOauthGithubAuthorizeCreate')).state } });
  const fresh = (await back('code-of-octocat', out.state)).data;
  assert.deepEqual([fresh.is_new_user, fresh.is_new_connection], [true, true]);
  const known = (await back('code-of-octocat')).data;
  assert.deepEqual([known.is_new_user, known.is_new_connection], [false, false]);
  const linked = (await back('code-of-ann-lee')).data;
  assert.deepEqual([linked.is_new_user, linked.is_new_connection, linked.user.id], [false, true, user.id]);
  assert.equal((await bad(400, 'cfgAccountsOauthGithubCallbackCreate', { body: { code: 'code-of-octocat', state: out.state } })).error, 'invalid_state');
  assert.equal((await back('code-of-nobody')).error.error, 'oauth_error');
  auth.access = linked.access;
});
await step('23 connections', async () => {
  assert.equal((await good('cfgAccountsOauthConnectionsList')).length, 1);
  await good('cfgAccountsOauthDisconnectCreate', { body: { provider: 'github' } });
  await bad(404, 'cfgAccountsOauthDisconnectCreate', { body: { provider: 'github' } });
});
await step('24 Centrifugo', async () => {
  const t = await good('cfgCentrifugoAuthTokenRetrieve');
  const c = claims(t.token);
  assert.equal(c.sub, String(user.id));
  assert.deepEqual(c.channels, t.channels);
  assert.equal(new Date(t.expires_at).getTime(), c.exp * 1000);
  schemas.zCentrifugoToken.parse((await good('cfgAccountsProfileRetrieve')).centrifugo);
});
await step('25 the account goes', async () => {
  const { key } = await good('cfgAccountsApiKeyRegenerateCreate');
  await good('cfgAccountsProfileDeleteCreate');
  await bad(401, 'cfgAccountsProfileRetrieve');
  delete auth.access;
  auth.key = key;
  await bad(401, 'cfgAccountsOauthConnectionsList');
  delete auth.key;
  assert.notEqual((await verify(email)).user.id, user.id);
});
await step('26 preflight', async () => {
  const head = { 'Access-Control-Request-Method': 'GET', 'Access-Control-Request-Headers': 'authorization,x-timezone,x-client-time,x-auth-retry,x-api-key' };
  const mine = await fetch(url + '/cfg/accounts/profile/', { method: 'OPTIONS', headers: { Origin: 'http://localhost:3000', ...head } });
  assert.deepEqual([mine.status, mine.headers.get('access-control-allow-origin'), mine.headers.get('access-control-allow-credentials')], [200, 'http://localhost:3000', 'true']);
  for (const h of head['Access-Control-Request-Headers'].split(',')) assert(mine.headers.get('access-control-allow-headers')!.split(', ').includes(h), h);
  assert.equal((await fetch(url + '/cfg/accounts/profile/', { method: 'OPTIONS', headers: { Origin: 'https://evil.example', ...head } })).headers.get('access-control-allow-origin'), null);
});
await step('27 slashes, methods, bodies', async () => {
  assert.equal((await fetch(url + '/cfg/accounts/profile', { redirect: 'manual' })).status, 404);
  assert.equal((await fetch(url + '/cfg/totp/setup/')).status, 401);
  const json = { method: 'POST', headers: { 'Content-Type': 'application/json' } };
  assert('non_field_errors' in (await (await fetch(url + '/cfg/accounts/otp/request/', { ...json, body: '[1]' })).json() as any));
  assert('detail' in (await (await fetch(url + '/cfg/accounts/otp/request/', { ...json, body: '{' })).json() as any));
});
await step('3, 12, 28 with limits and short tokens', async () => {
  client.setConfig({ baseUrl: limited });
  const answer = await good('cfgAccountsOtpRequestCreate', { body: { identifier: email } });
  assert.equal(answer.message, 'OTP sent to your email address');
  const wait = await bad(429, 'cfgAccountsOtpRequestCreate', { body: { identifier: email } });
  assert.equal(wait.error_code, 'cooldown');
  assert(Number.isInteger(wait.retry_after) && wait.retry_after <= 30);
  const pair = await good('cfgAccountsOtpVerifyCreate', { body: { identifier: email, otp: await mailTo(email, limitedMail) } });
  await new Promise((r) => setTimeout(r, 2100));
  auth.access = pair.access;
  await bad(401, 'cfgAccountsProfileRetrieve');
  auth.access = (await good('cfgAccountsTokenRefreshCreate', { body: { refresh: pair.refresh } })).access;
  await good('cfgAccountsProfileRetrieve', { headers: { 'X-Auth-Retry': '1' } } as any);
  let last: any;
  for (let i = 0; i < 11; i++) last = await call('cfgAccountsOtpRequestCreate', { body: { identifier: `many${i}@example.com` } });
  assert.deepEqual([last.response.status, last.error.error_code], [429, 'rate_limited']);
});
await step(`all ${operations.size} operations were called`, async () => {
  assert.equal(operations.size, 28);
  assert.deepEqual([...operations.keys()].filter((n) => !called.has(n)), []);
});
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
