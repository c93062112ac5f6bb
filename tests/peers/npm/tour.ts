/* The hiring tour of README.md by a client that @hey-api/openapi-ts made of our document: tour.js URL. Under tsc --strict, without a cast: what the
 * document promises is what the types say. */
import assert from 'node:assert/strict';
import { client } from './client/client.gen.js';
import {
  authMe, createApiKey, createInterview, createInterviewByKey, createToken, createTokenByKey, deactivateApiKey, getInterview, listApiKeys, listInterviews, login,
  logout, register, updateInterview, updateMe, usersMe,
} from './client/sdk.gen.js';

const url = process.argv[2];
assert(url);
client.setConfig({ baseUrl: url + '/api/v1' });

let passed = 0;
function ok(what: string): void {
  passed++;
  console.log('ok   ' + what);
}

/* The answer, or its error as the failure. */
function good<T>(answer: { data?: T; error?: unknown; response?: Response }): T {
  assert(answer.data !== undefined, `${answer.response?.status} ${JSON.stringify(answer.error)}`);
  return answer.data;
}

const email = 'ann@example.com', password = 'correct horse battery staple';
const user = good(await register({ body: { email, username: 'ann', password, full_name: 'Ann Example' } }));
assert.equal(user.email, email);
assert.equal(user.is_superuser, false);
ok('register');

const again = await register({ body: { email, username: 'ann2', password } });
assert.equal(again.response?.status, 400);
ok('an address twice is refused');

const session = good(await login({ body: { username: email, password } }));
assert.equal(session.token_type, 'bearer');
const auth = session.access_token;
ok('log in');

assert.equal(good(await usersMe({ auth })).id, user.id);
assert.equal(good(await authMe({ auth })).username, 'ann');
assert.equal(good(await updateMe({ auth, body: { full_name: 'Ann E. Xample' } })).full_name, 'Ann E. Xample');
ok('who am I');

const interview = good(await createInterview({
  auth,
  body: { title: 'Engineer', candidate_name: 'Jane Doe', candidate_email: 'jane@example.com', position: 'C', interview_config: { rounds: 2 }, scheduled_at: '2030-01-01T12:00:00Z' },
}));
assert.equal(interview.status, 'scheduled');
assert.match(interview.room_name, /^interview-[0-9a-f]{12}$/);
ok('create an interview');

const listed = good(await listInterviews({ auth, query: { skip: 0, limit: 10, status: 'scheduled' } }));
assert.deepEqual(listed.map((one) => one.id), [interview.id]);
assert.equal(good(await getInterview({ auth, path: { interview_id: interview.id } })).title, 'Engineer');
const scored = good(await updateInterview({ auth, path: { interview_id: interview.id }, body: { technical_score: 87.5, overall_feedback: 'Good.' }, query: { include: 'details' } }));
assert.equal(scored.technical_score, 87.5);
assert.equal(scored.overall_feedback, 'Good.');
ok('list, show, change');

const join = good(await createToken({ auth, path: { interview_id: interview.id } }));
assert.equal(join.participant_name, 'Jane Doe');
assert.equal(join.token.split('.').length, 3);
ok('mint a token');

const key = good(await createApiKey({ auth, body: { name: 'tour' } }));
assert(key.secret);
assert.equal(good(await listApiKeys({ auth }))[0]?.id, key.id);
const byKey = good(await createInterviewByKey({ auth: key.key, body: { title: 'T', candidate_name: 'N', candidate_email: 'n@example.com', position: 'P' } }));
assert.equal(byKey.creator_id, user.id);
assert.equal(good(await createTokenByKey({ auth: key.secret, path: { interview_id: byKey.id } })).room_name, byKey.room_name);
ok('the same by API key');

assert.equal(good(await deactivateApiKey({ auth, path: { key_id: key.id } })).message, 'API key deactivated successfully');
const dead = await createTokenByKey({ auth: key.key, path: { interview_id: byKey.id } });
assert.equal(dead.response?.status, 401);
ok('a deactivated key opens nothing');

const wrong = await createInterview({ auth, body: { title: '', candidate_name: 'N', candidate_email: 'nobody', position: 'P' } });
assert.equal(wrong.response?.status, 422);
ok('what is wrong is told with its places');

assert.equal(good(await logout({ auth })).message, 'Successfully logged out');
assert.equal((await usersMe({ auth })).response?.status, 401);
ok('log out');
console.log(`${passed} passed, 0 failed`);
