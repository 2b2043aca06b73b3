import { expect, test } from 'vitest';
import type { Actor } from '../../kernel/actor.ts';
import { testFloor } from '../../testing/database.ts';
import { addBot, addPerson } from '../people.commands.ts';
import { personOfLogin, personsOfLogins } from './login.queries.ts';
import { dismiss, mapName, unmapLogin } from './mapping.commands.ts';
import { insertLogin } from './mapping.store.ts';
import { unmappedNames } from './mapping.views.ts';
import { noteUnmapped } from './unmapped.api.ts';

const floor = await testFloor();
const tx = <T>(work: Parameters<typeof floor.db.tx<T>>[1]) => floor.db.tx(floor.org, work);
const actor: Actor = { kind: 'system', id: 'test', org: floor.org };
const ada = (await tx((t) => addPerson(t, actor, { name: 'Ada Lovelace', emails: ['ada@example.org'], roles: [] }))).person;
const bot = await tx((t) => addBot(t, actor, { name: 'renovate', owner: ada }));

test('names that map to nobody are counted with what they did, and those that are known are not', async () => {
  await tx((t) =>
    noteUnmapped(t, [
      { host: null, value: 'Ada@home.example', name: 'Ada Lovelace', role: 'author' },
      { host: null, value: 'ada@example.org', role: 'author' },
      { host: 'GitHub.com', value: 'Octo-Cat', role: 'reviewer' },
      { host: null, value: 'odd\u202e@example.org', role: 'author' },
    ]),
  );
  await tx((t) => noteUnmapped(t, [{ host: null, value: 'ada@home.example', role: 'co-author' }]));
  expect(await tx((t) => unmappedNames(t, false))).toMatchObject([
    {
      host: null,
      value: 'ada@home.example',
      name: 'Ada Lovelace',
      roles: ['author', 'co-author'],
      seen: 2,
      suggestions: [{ person: ada, why: 'has the same name' }],
    },
    { host: 'github.com', value: 'octo-cat', roles: ['reviewer'], seen: 1, suggestions: [] },
  ]);
});

test('mapped, it is off the list and stands for the person; a bot stands for who answers for it', async () => {
  await tx((t) => mapName(t, actor, { host: null, value: 'ada@home.example' }, { person: ada }));
  await tx((t) => mapName(t, actor, { host: 'github.com', value: 'Octo-Cat' }, { bot }));
  expect(await tx((t) => unmappedNames(t, true))).toEqual([]);
  expect(await tx((t) => personOfLogin(t, { host: 'github.com', login: 'octo-cat' }))).toEqual({ kind: 'bot', id: bot, owner: ada });
  expect(await tx((t) => personsOfLogins(t, 'github.com', ['OCTO-CAT', 'nobody']))).toEqual(new Map([['octo-cat', ada]]));
  await expect(tx((t) => mapName(t, actor, { host: 'github.com', value: 'octo-cat' }, { person: ada }))).rejects.toMatchObject({
    code: 'identity.login-taken',
  });
  await tx((t) => unmapLogin(t, actor, 'github.com', 'octo-cat'));
  expect(await tx((t) => personOfLogin(t, { host: 'github.com', login: 'octo-cat' })), 'nobody, and never somebody else').toBeNull();
});

test('a login that another has taken over is not the person it was: the id that stays decides', async () => {
  const at = await tx((t) => t.now());
  await tx((t) => insertLogin(t, { host: 'gitlab.com', login: 'ada', externalId: '7', person: ada, bot: null, by: 'test', at }));
  expect(await tx((t) => personOfLogin(t, { host: 'gitlab.com', login: 'ada', externalId: '7' }))).toEqual({ kind: 'person', id: ada });
  expect(await tx((t) => personOfLogin(t, { host: 'gitlab.com', login: 'ada-renamed', externalId: '7' }))).toEqual({
    kind: 'person',
    id: ada,
  });
  expect(await tx((t) => personOfLogin(t, { host: 'gitlab.com', login: 'ada', externalId: '8' }))).toBeNull();
  expect(await tx((t) => personOfLogin(t, { host: 'gitea.example', login: 'ada' })), 'another host').toBeNull();
});

test('dismissed, it is off the list and stays unknown', async () => {
  const name = { host: 'github.com', value: 'drive-by' };
  await tx((t) => noteUnmapped(t, [{ ...name, role: 'author' }]));
  await tx((t) => dismiss(t, name));
  expect(await tx((t) => unmappedNames(t, false))).toEqual([]);
  expect(await tx((t) => unmappedNames(t, true))).toMatchObject([{ value: 'drive-by', dismissed: true }]);
  expect(await tx((t) => personOfLogin(t, { host: 'github.com', login: 'drive-by' }))).toBeNull();
});
