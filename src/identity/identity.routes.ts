import * as contract from '../contract/identity.ts';
import { Problem } from '../kernel/problem.ts';
import { personBehind } from '../kernel/actor.ts';
import { mount, Refused, type Mounted } from '../platform/http/handler.ts';
import { accountRoutes } from './account.routes.ts';
import { freshUntil } from './fresh.ts';
import { fromOf } from './from.ts';
import { noSuch } from './identity.problems.ts';
import { personLabel } from './identity.queries.ts';
import { aboutMe, activeNames, credentialsOf, people, rolesOf } from './identity.views.ts';
import { accountsOf } from './oidc/account.store.ts';
import * as peopleCommands from './people.commands.ts';
import * as signInCommands from './sign-in.commands.ts';
import * as tokenCommands from './token.commands.ts';
import { oidcRoutes } from './oidc/oidc.routes.ts';
import { providerShown } from './oidc/provider.views.ts';
import { mappingRoutes } from './mapping/mapping.routes.ts';
import { workloadRoutes } from './workload/workload.routes.ts';

/** The HTTP doors of identity. */
export const identityRoutes: readonly Mounted[] = [
  mount(contract.setup, async ({ tx, body, headers }) => {
    const result = await signInCommands.useLink(tx, body, fromOf(headers));
    return result instanceof Problem ? new Refused(result) : result;
  }),
  mount(contract.lookAtLink, async ({ tx, body }) => signInCommands.lookAtLink(tx, body.link)),
  mount(contract.signIn, async ({ tx, body, headers, address }) => {
    const result = await signInCommands.signIn(tx, body, fromOf(headers), address);
    return result instanceof Problem ? new Refused(result) : result;
  }),
  mount(contract.signOut, async ({ tx, actor }) => {
    await signInCommands.signOut(tx, actor);
    return { ended: true as const };
  }),
  mount(contract.whoAmI, async ({ tx, actor }) => {
    const person = personBehind(actor);
    if ((actor.kind !== 'person' && actor.kind !== 'bot') || person === null) throw noSuch({ kind: 'person', id: actor.id });
    const name = (await personLabel(tx, [actor.id])).get(actor.id) ?? actor.id;
    return {
      kind: actor.kind,
      id: actor.id,
      name,
      person,
      roles: await rolesOf(tx, actor.id),
      organisation: actor.org,
      ...(await aboutMe(tx, actor, actor.credential.id)),
      freshUntil: freshUntil(actor, tx.floor.config),
      provider: await providerShown(tx, actor.credential.kind === 'session' ? (actor.credential.provider ?? null) : null),
      accounts: actor.kind === 'person' ? await accountsOf(tx, actor.id) : [],
    };
  }),
  mount(contract.listPeople, async ({ tx }) => ({ items: await people(tx) })),
  mount(contract.addPerson, ({ tx, actor, body }) => peopleCommands.addPerson(tx, actor, body)),
  mount(contract.addEmail, async ({ tx, actor, params, body }) => ({
    person: params.person,
    emails: await peopleCommands.addEmail(tx, actor, params.person, body.email),
  })),
  mount(contract.deactivatePerson, async ({ tx, actor, params }) => ({
    person: params.person,
    ended: await peopleCommands.deactivate(tx, actor, params.person),
  })),
  mount(contract.setDelegate, async ({ tx, actor, body }) => {
    await peopleCommands.nameDelegate(tx, actor, body.person);
    return { delegate: body.person };
  }),
  mount(contract.listDelegates, async ({ tx }) => ({ items: await activeNames(tx) })),
  mount(contract.giveRole, async ({ tx, actor, body }) => {
    await peopleCommands.giveRole(tx, actor, body);
    return { holder: body.holder, roles: await rolesOf(tx, body.holder) };
  }),
  mount(contract.takeRole, async ({ tx, actor, body }) => {
    await peopleCommands.takeRole(tx, actor, body);
    return { holder: body.holder, roles: await rolesOf(tx, body.holder) };
  }),
  mount(contract.addBot, async ({ tx, actor, body }) => ({ bot: await peopleCommands.addBot(tx, actor, body) })),
  mount(contract.createToken, ({ tx, actor, body }) => tokenCommands.createToken(tx, actor, body)),
  mount(contract.listTokens, async ({ tx, actor, query, must }) => {
    const all = query.all === 'true';
    if (all) await must('admin.audit', {});
    return { items: await credentialsOf(tx, actor, all) };
  }),
  mount(contract.endToken, async ({ tx, actor, params }) => {
    await tokenCommands.endToken(tx, actor, params.token);
    return { id: params.token, ended: true as const };
  }),
  ...accountRoutes,
  ...workloadRoutes,
  ...mappingRoutes,
  ...oidcRoutes,
];
