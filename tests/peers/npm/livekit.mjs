/* A candidate's way through a real LiveKit server: livekit.mjs CHANCERY LIVEKIT KEY SECRET CAPTURE_PORT. Prints a line per step and `N passed, N failed`.
 *
 * The room that we made is listed; our tokens satisfy livekit-server-sdk and jose; rtc-node joins with one and publishes; the server's webhooks, which
 * are caught here too and checked with the SDK, move the interview to in_progress and completed. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { AudioFrame, AudioSource, LocalAudioTrack, Room, TrackPublishOptions, TrackSource, dispose } from '@livekit/rtc-node';
import { decodeProtectedHeader, jwtVerify } from 'jose';
import { AccessToken, RoomServiceClient, TokenVerifier, WebhookReceiver } from 'livekit-server-sdk';

const [chancery, livekit, key, secret, port] = process.argv.slice(2);
const rooms = new RoomServiceClient(livekit, key, secret);
const receiver = new WebhookReceiver(key, secret);
const caught = [];
let passed = 0;
const ok = (what) => { passed++; console.log('ok   ' + what); };

const catcher = createServer((request, response) => {
  let body = '';
  request.on('data', (piece) => { body += piece; });
  request.on('end', () => {
    caught.push({ body, authorization: request.headers.authorization, type: request.headers['content-type'] });
    response.end();
  });
});
await new Promise((resolve) => { catcher.listen(Number(port), '127.0.0.1', resolve); });

async function call(method, path, { auth, json, form, headers = {}, body } = {}) {
  const reply = await fetch(chancery + '/api/v1' + path, {
    method,
    headers: { ...(auth ? { authorization: 'Bearer ' + auth } : {}), ...(json ? { 'content-type': 'application/json' } : {}), ...headers },
    body: json ? JSON.stringify(json) : form ? new URLSearchParams(form) : body,
  });
  const text = await reply.text();
  return { status: reply.status, body: text ? JSON.parse(text) : null };
}

async function until(what, test) {
  for (let i = 0; i < 300; i++) {
    const seen = await test();
    if (seen) return seen;
    await wait(100);
  }
  throw new Error('not within 30 s: ' + what);
}

const user = { email: 'ann@example.com', username: 'ann', password: 'correct horse battery staple' };
assert.equal((await call('POST', '/auth/register', { json: user })).status, 200);
const auth = (await call('POST', '/auth/login', { form: { username: user.email, password: user.password } })).body.access_token;
const made = await call('POST', '/interviews/?include=details', { auth, json: { title: 'T', candidate_name: 'Jane Doe', candidate_email: 'jane@example.com', position: 'C' } });
assert.equal(made.status, 200);
const interview = made.body;
const status = async () => (await call('GET', `/interviews/${interview.id}?include=details`, { auth })).body;

await until('the room is listed', async () => (await rooms.listRooms([interview.room_name])).length === 1);
await until('the interview says so', async () => (await status()).room_state === 'created');
ok('the room that we created is listed');

const join = await call('POST', `/interviews/${interview.id}/token?include=details`, { auth });
assert.equal(join.status, 200);
const token = join.body.token;
assert.equal(decodeProtectedHeader(token).alg, 'HS256');
const { payload } = await jwtVerify(token, new TextEncoder().encode(secret), { issuer: key, algorithms: ['HS256'], clockTolerance: 60 });
assert.equal(payload.sub, 'candidate-' + interview.id);
assert.equal(payload.name, 'Jane Doe');
assert.deepEqual(payload.video, { room: interview.room_name, roomJoin: true, canPublish: true, canSubscribe: true, canPublishData: true });
await assert.rejects(jwtVerify(token, new TextEncoder().encode(secret + 'x')));
ok('jose verifies the join token');
const claims = await new TokenVerifier(key, secret).verify(token);
assert.equal(claims.sub, payload.sub);
assert.equal(claims.video.room, interview.room_name);
assert.equal(JSON.parse(claims.metadata).interview_id, interview.id);
await assert.rejects(new TokenVerifier(key, 'another secret of some length here').verify(token));
ok('livekit-server-sdk verifies it too');

const room = new Room();
await room.connect(livekit.replace('http', 'ws'), token, { autoSubscribe: true, dynacast: false });
assert.equal(room.name, interview.room_name);
assert.equal(room.localParticipant.identity, 'candidate-' + interview.id);
const source = new AudioSource(48000, 1);
const options = new TrackPublishOptions();
options.source = TrackSource.SOURCE_MICROPHONE;
await room.localParticipant.publishTrack(LocalAudioTrack.createAudioTrack('voice', source), options);
await source.captureFrame(new AudioFrame(new Int16Array(4800), 48000, 1, 4800));
ok('rtc-node joins with our token and publishes');

assert.deepEqual((await rooms.listParticipants(interview.room_name)).map((one) => one.identity), ['candidate-' + interview.id]);
const begun = await until('in_progress', async () => { const now = await status(); return now.status === 'in_progress' && now; });
assert(begun.started_at);
ok('its webhook moves the interview to in_progress');

await room.disconnect();
await rooms.deleteRoom(interview.room_name);
const ended = await until('completed', async () => { const now = await status(); return now.status === 'completed' && now; });
assert(ended.ended_at);
ok('the end of the room moves it to completed');

await until('room_finished is caught', () => caught.some((one) => one.body.includes('"room_finished"')));
for (const one of caught) {
  const event = await receiver.receive(one.body, one.authorization);
  assert.equal(one.type, 'application/webhook+json');
  assert.equal((await jwtVerify(one.authorization, new TextEncoder().encode(secret))).payload.sha256, createHash('sha256').update(one.body).digest('base64'));
  assert(event.id);
}
assert(caught.some((one) => one.body.includes('"participant_joined"')));
ok('the webhooks that we take are those that livekit-server-sdk and jose accept');

async function deliver(body, authorization) {
  return (await call('POST', '/livekit/webhook', { body, headers: { 'content-type': 'application/webhook+json', authorization } })).status;
}
for (const one of caught) assert.equal(await deliver(one.body, one.authorization), 200);
assert.equal((await status()).updated_at, ended.updated_at);
ok('events that come again change nothing');
const signed = new AccessToken(key, secret, { ttl: 60 });
const body = JSON.stringify({ event: 'room_started', id: 'EV_peer', createdAt: String(Math.floor(Date.now() / 1000)), room: { name: interview.room_name, sid: 'RM_peer' } });
signed.sha256 = createHash('sha256').update(body).digest('base64');
const jwt = await signed.toJwt();
assert.equal(await deliver(body, jwt), 200);
assert.equal(await deliver(body, 'Bearer ' + jwt), 200);
assert.equal(await deliver(body + ' ', jwt), 401);
const forged = new AccessToken(key, secret + 'x', { ttl: 60 });
forged.sha256 = signed.sha256;
assert.equal(await deliver(body, await forged.toJwt()), 401);
ok('an event signed by the SDK is taken, a changed or forged one is not');

assert.equal((await call('PUT', `/interviews/${interview.id}`, { auth, json: { status: 'pending' } })).status, 200);
await call('POST', `/interviews/${interview.id}/token`, { auth });
await until('the room is there again', async () => (await rooms.listRooms([interview.room_name])).length === 1);
assert.equal((await call('PUT', `/interviews/${interview.id}`, { auth, json: { status: 'cancelled' } })).status, 200);
await until('the room is gone', async () => (await rooms.listRooms([interview.room_name])).length === 0);
assert.equal((await call('POST', `/interviews/${interview.id}/token`, { auth })).status, 409);
ok('cancelling removes the room');

catcher.close();
await dispose();
console.log(`${passed} passed, 0 failed`);
process.exit(0);
