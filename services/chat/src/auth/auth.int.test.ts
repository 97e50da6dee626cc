import { callRoute } from '@semibot/bus';
import { newId, ROUTES } from '@semibot/protocol';
import jwt from 'jsonwebtoken';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ChatLab, startChatLab } from '../testing/chat-lab.ts';

let lab: ChatLab;
beforeAll(async () => {
  lab = await startChatLab();
}, 60_000);
afterAll(() => lab[Symbol.asyncDispose]());

const { auth, sessions, runs, messages, agents } = ROUTES;
const newAccount = () => ({
  email: `${newId()}@Example.org`,
  password: 'correct horse',
  name: 'Ann',
  orgName: 'Anns',
});
const asNobody = { identity: null };

describe('signing in', () => {
  it('makes an account once by its email, whatever its case', async () => {
    const account = newAccount();
    const { data } = await callRoute(lab.relay, auth.register, { ...asNobody, body: account });
    expect(data.user).toMatchObject({ email: account.email.toLowerCase(), name: 'Ann', role: 'owner' });
    await expect(
      callRoute(lab.relay, auth.register, {
        ...asNobody,
        body: { ...account, email: account.email.toUpperCase() },
      }),
    ).rejects.toMatchObject({ code: 'EMAIL_TAKEN' });
  });

  it('says no more of a wrong password than of an unknown email', async () => {
    const account = newAccount();
    await callRoute(lab.relay, auth.register, { ...asNobody, body: account });
    const { email } = account;
    const attempts = [
      { email, password: 'wrong horse' },
      { email: newAccount().email, password: 'correct horse' },
    ];
    for (const body of attempts)
      await expect(callRoute(lab.relay, auth.login, { ...asNobody, body })).rejects.toMatchObject({
        code: 'AUTH_INVALID_CREDENTIALS',
      });
    const { data } = await callRoute(lab.relay, auth.login, {
      ...asNobody,
      body: { email, password: account.password },
    });
    expect(jwt.decode(data.accessToken)).toMatchObject({ aud: 'semibot:api', sub: data.user.id });
  });

  it('changes a refresh token at each use, and knows the ones it never gave out', async () => {
    const { data: first } = await callRoute(lab.relay, auth.register, { ...asNobody, body: newAccount() });
    const refresh = (refreshToken: string) =>
      callRoute(lab.relay, auth.refresh, { ...asNobody, body: { refreshToken } });
    const { data: second } = await refresh(first.refreshToken);
    expect(second.refreshToken).not.toBe(first.refreshToken);
    const forged = `${second.refreshToken.split('.')[0]}.forged`;
    for (const token of [forged, 'nonsense', `${newId()}.x`])
      await expect(refresh(token)).rejects.toMatchObject({ code: 'AUTH_TOKEN_INVALID' });
    await expect(refresh(second.refreshToken)).resolves.toBeDefined();
  });

  it('refuses a token of a sign-in that was ended', async () => {
    const identity = await lab.newPerson();
    await callRoute(lab.relay, auth.me, { identity });
    await callRoute(lab.relay, auth.logout, { identity });
    await expect(callRoute(lab.relay, auth.me, { identity })).rejects.toMatchObject({
      code: 'AUTH_TOKEN_INVALID',
    });
  });

  it('needs a password wherever it is not local', async () => {
    await expect(callRoute(lab.relay, auth.local, asNobody)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe("what is another's", () => {
  it('is not found, in whatever way it is asked for', async () => {
    const owner = await lab.newPerson();
    const other = await lab.newPerson();
    const { data: started } = await callRoute(lab.relay, messages.start, {
      identity: owner,
      body: { message: 'private' },
    });
    const params = { sessionId: started.sessionId };
    const asks = [
      callRoute(lab.relay, sessions.get, { identity: other, params }),
      callRoute(lab.relay, sessions.rename, { identity: other, params, body: { title: 'mine' } }),
      callRoute(lab.relay, sessions.remove, { identity: other, params }),
      callRoute(lab.relay, messages.list, { identity: other, params }),
      callRoute(lab.relay, messages.post, { identity: other, params, body: { message: 'me too' } }),
      callRoute(lab.relay, runs.get, { identity: other, params: { runId: started.runId } }),
      callRoute(lab.relay, runs.cancel, { identity: other, params: { runId: started.runId } }),
    ];
    const answers = await Promise.allSettled(asks);
    for (const answer of answers) expect(answer).toMatchObject({ reason: { code: 'NOT_FOUND' } });
    const { data } = await callRoute(lab.relay, sessions.list, { identity: other });
    expect(data).toEqual([]);
  });

  it('includes the agents of another organization', async () => {
    const owner = await lab.newPerson();
    const other = await lab.newPerson();
    const model = { provider: 'demo', model: 'demo' } as const;
    const { data: agent } = await callRoute(lab.relay, agents.create, {
      identity: owner,
      body: { name: 'Private', model },
    });
    const { data: seen } = await callRoute(lab.relay, agents.list, { identity: other });
    expect(seen.map(({ name }) => name)).toEqual(['Semibot']);
    await expect(
      callRoute(lab.relay, sessions.create, { identity: other, body: { agentId: agent.id } }),
    ).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
