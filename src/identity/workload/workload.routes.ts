import { KNOWN_ISSUERS } from '../../contract/issuers.ts';
import * as contract from '../../contract/workloads.ts';
import { mount, type Mounted } from '../../platform/http/handler.ts';
import { WORKLOAD_ACTIONS } from './limits.ts';
import { exchange, judgeToken } from './sign-in.commands.ts';
import { addTrust, endTrust } from './trust.commands.ts';
import { trustViews } from './workload.views.ts';

/** The HTTP doors of workload identity. */
export const workloadRoutes: readonly Mounted[] = [
  mount(contract.listWorkloads, async ({ tx }) => ({
    items: await trustViews(tx),
    actions: WORKLOAD_ACTIONS,
    issuers: [...KNOWN_ISSUERS],
  })),
  mount(contract.addWorkload, async ({ floor, actor, body }) => ({ id: await addTrust(floor, actor, body), name: body.name })),
  mount(contract.removeWorkload, async ({ tx, actor, params }) => ({
    removed: true as const,
    ended: await endTrust(tx, actor, params.workload),
  })),
  mount(contract.testWorkload, async ({ floor, actor, body }) => {
    const { wrong, judged } = await judgeToken(floor, body.token, { org: actor.org });
    const fitting = judged.filter(({ ok }) => ok);
    return {
      accepted: fitting.length === 1 ? (fitting[0]?.trust.name ?? null) : null,
      wrong: fitting.length > 1 ? 'several trusts accept it: give each an audience of its own, or name one at the exchange' : wrong,
      trusts: judged.map(({ trust, wrong: faults, answers, ok }) => ({
        name: trust.name,
        ok,
        wrong: [...faults],
        conditions: answers.map((one) => ({ ...one, wanted: [...one.wanted], found: [...one.found] })),
      })),
    };
  }),
  mount(contract.exchangeWorkload, async ({ floor, body }) => {
    const { token, expiresAt, trust, witness } = await exchange(floor, body.token, body.trust);
    return { token, expiresAt, trust, witness };
  }),
];
