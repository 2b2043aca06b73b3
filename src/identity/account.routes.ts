import * as contract from '../contract/account.ts';
import { Problem } from '../kernel/problem.ts';
import { mount, Refused, type Mounted } from '../platform/http/handler.ts';
import { emailRemoved } from './identity.events.ts';
import { lastEmail, noSuch } from './identity.problems.ts';
import { emailsOf } from './identity.store.ts';
import { confirmFactor, endFactor, personOf, startFactor } from './second-factor.commands.ts';
import { factorState } from './second-factor.store.ts';
import * as sessions from './session.commands.ts';
import { deleteEmail } from './session.store.ts';
import { sessionsOf } from './identity.views.ts';
import { invite, INVITATION_MS } from './sign-in.commands.ts';
import { endToken } from './token.commands.ts';
import { plus } from '../kernel/time.ts';

/** A person's own account, and what an admin may end of others. */
export const accountRoutes: readonly Mounted[] = [
  mount(contract.listSessions, async ({ tx, actor }) => {
    const { id, session } = personOf(actor);
    return { items: await sessionsOf(tx, id, session) };
  }),
  mount(contract.endSession, async ({ tx, actor, params }) => {
    await endToken(tx, actor, params.session);
    return { id: params.session, ended: true as const };
  }),
  mount(contract.endOtherSessions, async ({ tx, actor }) => ({ ended: await sessions.endOthers(tx, actor) })),
  mount(contract.confirmIdentity, async ({ tx, actor, body }) => kept(await sessions.confirmIdentity(tx, actor, body))),
  mount(contract.changePassword, async ({ tx, actor, body }) => kept(await sessions.changePassword(tx, actor, body))),
  mount(contract.getSecondFactor, async ({ tx, actor }) => factorState(tx, personOf(actor).id)),
  mount(contract.startSecondFactor, async ({ tx, actor, body }) => {
    const proved = await sessions.provePassword(tx, actor, body.password);
    return proved instanceof Problem ? new Refused(proved) : startFactor(tx, actor, proved.email);
  }),
  mount(contract.confirmSecondFactor, async ({ tx, actor, body }) => kept(await confirmFactor(tx, actor, body.code))),
  mount(contract.endSecondFactor, async ({ tx, actor, body }) => {
    const proved = await sessions.provePassword(tx, actor, body.password, body.code);
    if (proved instanceof Problem) return new Refused(proved);
    await endFactor(tx, actor);
    return { ended: true as const };
  }),
  ...ofOthers(),
];

function ofOthers(): readonly Mounted[] {
  return [
    mount(contract.endPersonSessions, async ({ tx, actor, params, body }) => ({
      person: params.person,
      ended: await sessions.endSessions(tx, actor, params.person, body),
    })),
    mount(contract.endPersonSecondFactor, async ({ tx, actor, params, body }) => ({
      person: params.person,
      ended: await sessions.endFactorOf(tx, actor, params.person, body.reason),
    })),
    mount(contract.invitePerson, async ({ tx, actor, params }) => {
      const make = async (_tx: typeof tx, person: string): Promise<{ link: string; expiresAt: string }> => ({
        expiresAt: plus(await tx.now(), INVITATION_MS),
        link: await invite(tx, actor.org, person, INVITATION_MS),
      });
      return { person: params.person, ...(await sessions.inviteAgain(tx, actor, params.person, make)) };
    }),
    mount(contract.removeEmail, async ({ tx, actor, params, body }) => {
      const held = await emailsOf(tx, params.person);
      if (!held.includes(body.email)) throw noSuch({ kind: 'address', id: body.email });
      if (held.length === 1) throw lastEmail({});
      await deleteEmail(tx, params.person, body.email);
      await tx.record(emailRemoved, { subject: params.person, actor, body: { person: params.person } });
      return { person: params.person, emails: await emailsOf(tx, params.person) };
    }),
    mount(contract.endEverybody, async ({ tx, actor, body }) => ({ ended: await sessions.endEverybody(tx, actor, body.reason) })),
  ];
}

function kept<Answer extends object>(result: Answer | Problem): Answer | Refused {
  return result instanceof Problem ? new Refused(result) : result;
}
