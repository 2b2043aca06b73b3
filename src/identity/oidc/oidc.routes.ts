import * as contract from '../../contract/sign-in.ts';
import { Problem } from '../../kernel/problem.ts';
import { mount, Refused, type Mounted } from '../../platform/http/handler.ts';
import { fromOf } from '../from.ts';
import { personOf } from '../second-factor.commands.ts';
import { begin, redirectUri } from './flow.commands.ts';
import * as commands from './provider.commands.ts';
import { passwordRule, providers } from './provider.store.ts';
import { finishConfirm, finishLink, finishSignIn } from './sign-in.commands.ts';
import { askFromTerminal, letTerminalIn, mustBeFreshNow, lookAtTerminal, takeTerminalSession } from './terminal.commands.ts';
import { providerViews } from './provider.views.ts';

/** The HTTP doors of signing in with a provider. */
export const oidcRoutes: readonly Mounted[] = [
  mount(contract.waysIn, async ({ tx }) => ({
    providers: (await providers(tx)).map(({ name, title }) => ({ name, title })),
    passwords: await passwordRule(tx),
  })),
  mount(contract.beginSignIn, ({ floor, actor, params }) =>
    begin(floor, actor.org, params.provider, { purpose: 'sign-in', credential: null }),
  ),
  mount(contract.finishSignIn, async ({ floor, actor, body, headers }) => {
    const result = await finishSignIn(floor, actor.org, body, fromOf(headers));
    return result instanceof Problem ? new Refused(result) : result;
  }),
  mount(contract.beginConfirm, async ({ floor, actor, body }) => {
    // A stolen session must not open a way in of its own.
    if (body.purpose === 'link') await floor.db.read(actor.org, (tx) => mustBeFreshNow(tx, actor));
    return begin(floor, actor.org, body.provider, { purpose: body.purpose, credential: personOf(actor).session });
  }),
  mount(contract.finishConfirm, ({ floor, actor, body }) => finishConfirm(floor, actor, body)),
  mount(contract.finishLink, ({ floor, actor, body }) => finishLink(floor, actor, body)),
  ...ofAdmins(),
  ...ofTerminals(),
];

function ofAdmins(): readonly Mounted[] {
  return [
    mount(contract.listProviders, async ({ tx, floor }) => ({
      items: await providerViews(tx),
      redirectUri: redirectUri(floor),
      passwords: await passwordRule(tx),
    })),
    mount(contract.addProvider, async ({ floor, actor, body }) => {
      await commands.addProvider(floor, actor, body);
      return { name: body.name, redirectUri: redirectUri(floor) };
    }),
    mount(contract.changeProvider, async ({ floor, actor, params, body }) => {
      await commands.changeProvider(floor, actor, params.provider, body);
      return { name: params.provider };
    }),
    mount(contract.checkProvider, async ({ floor, actor, params }) => ({
      found: await commands.checkProvider(floor, actor.org, params.provider),
    })),
    mount(contract.removeProvider, async ({ tx, actor, params }) => ({
      removed: true as const,
      ended: await commands.removeProvider(tx, actor, params.provider),
    })),
    mount(contract.rulePasswords, async ({ tx, actor, body }) => {
      await commands.rulePasswords(tx, actor, body.passwords);
      return body;
    }),
    mount(contract.unlinkAccount, async ({ tx, actor, params, body }) => ({
      person: params.person,
      ended: await commands.unlink(tx, actor, params.person, body.issuer),
    })),
  ];
}

function ofTerminals(): readonly Mounted[] {
  return [
    mount(contract.askTerminal, ({ tx, actor, headers, address }) =>
      askFromTerminal(tx, actor.org, { client: fromOf(headers).client, address }),
    ),
    mount(contract.lookAtTerminal, ({ tx, body }) => lookAtTerminal(tx, body.code)),
    mount(contract.letTerminalIn, async ({ tx, actor, body }) => {
      await letTerminalIn(tx, actor, body.code);
      return { approved: true as const };
    }),
    mount(contract.takeTerminal, async ({ tx, body, headers }) => ({
      session: await takeTerminalSession(tx, body.secret, fromOf(headers).client),
    })),
  ];
}
