import { expect, test } from 'vitest';
import type { Actor } from '../kernel/actor.ts';
import { Problem } from '../kernel/problem.ts';
import { testFloor } from '../testing/database.ts';
import { makeGate } from './gate.api.ts';
import { personsByEmail, personsWithRole } from './identity.queries.ts';
import { addBot, addEmail, addPerson, deactivate, giveRole, takeRole } from './people.commands.ts';
import { firstAdminLink, signIn, signOut, useLink as useLinkOrNot } from './sign-in.commands.ts';
import type { SignedIn } from './session.commands.ts';
import { createToken, endToken } from './token.commands.ts';

const floor = await testFloor();
const gate = makeGate({ machines: [], resolvers: {}, servicesIn: async () => new Set() });
const tx = <T>(work: Parameters<typeof floor.db.tx<T>>[1]) => floor.db.tx(floor.org, work);
const who = (token: string) => gate.authenticate(floor, `Bearer ${token}`);
const password = 'correct horse battery';
const useLink = async (...given: Parameters<typeof useLinkOrNot>): Promise<SignedIn> => {
  const result = await useLinkOrNot(...given);
  if (result instanceof Problem) throw result;
  return result;
};

const link = (await firstAdminLink(floor))!;
const ada = await tx((t) => useLink(t, { link, name: 'Ada', email: 'ada@example.org', password }));
const adaActor = (await who(ada.token)) as Actor;

test('the first-admin link works once, and there is none after it', async () => {
  expect(await firstAdminLink(floor)).toBeNull();
  await expect(tx((t) => useLink(t, { link, name: 'Eve', email: 'eve@example.org', password }))).rejects.toMatchObject({
    code: 'identity.link-invalid',
  });
  await expect(tx((t) => gate.authorise(t, adaActor, 'admin.people', {}))).resolves.toBeUndefined();
});

test('an invited person signs in; a wrong password is refused, counted, and finally slowed down', async () => {
  const added = await tx((t) =>
    addPerson(t, adaActor, { name: 'Bo', emails: ['bo@example.org'], roles: [{ role: 'developer', on: { service: 'shop' } }] }),
  );
  await tx((t) => useLink(t, { link: added.invitation, password }));
  const good = await tx((t) => signIn(t, { email: 'bo@example.org', password }));
  expect(good).toMatchObject({ person: added.person });
  for (let i = 0; i < 8; i += 1)
    expect(await tx((t) => signIn(t, { email: 'bo@example.org', password: 'wrong' }))).toMatchObject({ code: 'identity.wrong-password' });
  expect(await tx((t) => signIn(t, { email: 'bo@example.org', password }))).toMatchObject({ code: 'identity.too-many-tries' });
  expect(await tx((t) => signIn(t, { email: 'nobody@example.org', password }))).toMatchObject({ code: 'identity.wrong-password' });
});

test('a role over a service reaches that service and nothing else', async () => {
  const cy = await tx((t) =>
    addPerson(t, adaActor, {
      name: 'Cy',
      emails: ['cy@example.org', 'cy@home.example'],
      roles: [{ role: 'approver', on: { service: 'shop' } }],
    }),
  );
  const session = await tx((t) => useLink(t, { link: cy.invitation, password }));
  const actor = (await who(session.token)) as Actor;
  await tx((t) => gate.authorise(t, actor, 'approval.give', { service: 'shop', environment: 'prod' }));
  await expect(tx((t) => gate.authorise(t, actor, 'approval.give', { service: 'bank' }))).rejects.toMatchObject({
    code: 'identity.not-allowed',
  });
  await expect(tx((t) => gate.authorise(t, actor, 'admin.people', {}))).rejects.toMatchObject({ code: 'identity.not-allowed' });
  expect(await tx((t) => personsByEmail(t, ['CY@home.example', 'x@y']))).toEqual(new Map([['cy@home.example', cy.person]]));
  expect(await tx((t) => personsWithRole(t, 'approver', { service: 'shop' }))).toEqual([{ id: cy.person, name: 'Cy' }]);
});

test('an address belongs to one person, and a refusal leaves nothing behind', async () => {
  await expect(
    tx((t) => addPerson(t, adaActor, { name: 'Dup', emails: ['dup@example.org', 'ada@example.org'], roles: [] })),
  ).rejects.toMatchObject({ code: 'identity.email-taken' });
  expect(await tx((t) => personsByEmail(t, ['dup@example.org']))).toEqual(new Map());
});

test('tokens narrow, end at once, and never make wider ones', async () => {
  const { token, id } = await tx((t) => createToken(t, adaActor, { name: 'ci', expiresInDays: 1, actions: ['run.start'] }));
  const actor = (await who(token)) as Actor;
  await tx((t) => gate.authorise(t, actor, 'run.start', { service: 'shop' }));
  await expect(tx((t) => gate.authorise(t, actor, 'admin.people', {}))).rejects.toMatchObject({ code: 'identity.not-allowed' });
  await expect(tx((t) => createToken(t, actor, { name: 'wide', expiresInDays: 1 }))).rejects.toMatchObject({
    code: 'identity.token-too-wide',
  });
  await tx((t) => endToken(t, adaActor, id));
  expect(await who(token)).toBeNull();
});

test('a bot acts for its owner, and ends with its owner', async () => {
  const di = await tx((t) => addPerson(t, adaActor, { name: 'Di', emails: ['di@example.org'], roles: [] }));
  const bot = await tx((t) => addBot(t, adaActor, { name: 'deployer', owner: di.person }));
  await tx((t) => giveRole(t, adaActor, { holder: bot, role: 'developer', on: {} }));
  const { token } = await tx((t) => createToken(t, adaActor, { name: 'bot', bot, expiresInDays: 1 }));
  expect(await who(token)).toMatchObject({ kind: 'bot', id: bot, owner: di.person });
  const session = await tx((t) => useLink(t, { link: di.invitation, password }));
  expect(await tx((t) => deactivate(t, adaActor, di.person))).toBe(2);
  expect(await who(token)).toBeNull();
  expect(await who(session.token)).toBeNull();
});

test('the last admin stays', async () => {
  await expect(tx((t) => deactivate(t, adaActor, ada.person))).rejects.toMatchObject({ code: 'identity.last-admin' });
  await expect(tx((t) => takeRole(t, adaActor, { holder: ada.person, role: 'admin', on: {} }))).rejects.toMatchObject({
    code: 'identity.last-admin',
  });
});

test('signing out ends the session, and facts hold no name and no address', async () => {
  const again = await tx((t) => signIn(t, { email: 'ada@example.org', password }));
  const token = (again as { token: string }).token;
  await tx(async (t) => signOut(t, (await who(token)) as Actor));
  expect(await who(token)).toBeNull();
  await tx((t) => addEmail(t, adaActor, ada.person, 'ada@second.example'));
  const leaves = await tx((t) => t.query<{ leaf: Buffer }>('select leaf from fact'));
  const text = leaves.map((row) => row.leaf.toString()).join('\n');
  expect(leaves.length).toBeGreaterThan(10);
  expect(text).not.toMatch(/example|Ada|Bo"|Cy"|Di"/);
});

test('a role over one environment shows no list of everything: a list knows no environment', async () => {
  const every = makeGate({
    machines: [],
    resolvers: {},
    servicesIn: async (_, scopes) => new Set(scopes.map(({ team, service }) => `${team ?? '*'}/${service ?? '*'}`)),
  });
  const added = await tx((t) =>
    addPerson(t, adaActor, {
      name: 'Envy',
      emails: ['envy@example.org'],
      roles: [
        { role: 'viewer', on: { environment: 'prod' } },
        { role: 'viewer', on: { service: 'shop' } },
      ],
    }),
  );
  const actor = (await who((await tx((t) => useLink(t, { link: added.invitation, password }))).token)) as Actor;
  expect(await tx((t) => every.visible(t, actor, 'release.read'))).toEqual(new Set(['*/shop']));
  await expect(tx((t) => every.authorise(t, actor, 'release.read', { service: 'bank' }))).rejects.toMatchObject({
    code: 'identity.not-allowed',
  });
});
