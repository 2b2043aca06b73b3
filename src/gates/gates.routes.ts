import { allServices, teamsInOrder } from '../catalog/catalog.queries.ts';
import * as contract from '../contract/gates.ts';
import { personLabel } from '../identity/identity.queries.ts';
import { renderDiagnostics } from '../kernel/diagnostic.ts';
import { digestOfValue } from '../kernel/digest.ts';
import type { Actor } from '../kernel/actor.ts';
import { Problem } from '../kernel/problem.ts';
import type { Tx } from '../platform/floor.ts';
import { mount, Refused, type Mounted } from '../platform/http/handler.ts';
import { changeNeedsApproval, noSuchPolicy, noSuchProposal } from './gates.problems.ts';
import { approvalsNeeded, approveChange, proposeChange, rejectChange, withdrawChange } from './proposal.commands.ts';
import { proposalById, proposalsOf, type Proposal } from './proposal.store.ts';
import { proposalViews } from './proposal.views.ts';
import { minimumAbove } from './levels.queries.ts';
import { MINIMUM, teamOf } from './levels.store.ts';
import { failedTestsOf, findingsPage, reportsOfRun } from './gates.views.ts';
import { changePolicy } from './policy.commands.ts';
import { policyAt, policyVersions, type StoredPolicy } from './policy.store.ts';
import { changedCells, examplesOf, explained } from './policy.views.ts';
import { PRESETS } from './policy/presets.ts';
import { placed } from './policy/placed.ts';
import { readPolicy } from './policy/read.ts';

/** The HTTP doors of gates: reports, findings, policies. */
export const gateRoutes: readonly Mounted[] = [
  mount(contract.listReports, async ({ tx, query }) => ({ items: await reportsOfRun(tx, query.run) })),
  mount(contract.listFindings, async ({ tx, params, query }) => {
    const { items, total } = await findingsPage(tx, params.report, query.from, query.limit);
    return { items, total };
  }),
  mount(contract.listFailedTests, async ({ floor, actor, params, query }) => failedTestsOf(floor, actor.org, params.report, query.limit)),
  mount(contract.listPolicies, async ({ tx }) => {
    const items = [];
    for (const { name } of PRESETS) items.push(await shown(tx, await stored(tx, name, null)));
    return { items };
  }),
  mount(contract.getPolicy, async ({ tx, params, query }) => {
    const found = await stored(tx, params.policy, query.version ?? null);
    return { ...(await shown(tx, found)), document: found.document, source: found.source };
  }),
  mount(contract.putPolicy, async ({ tx, actor, params, body }) => {
    const needed = await approvalsNeeded(tx, params.policy);
    if (needed > 0) throw changeNeedsApproval({ policy: params.policy, needed });
    await changePolicy(tx, actor, { name: params.policy, ...body });
    return shown(tx, await stored(tx, params.policy, null));
  }),
  mount(contract.proposePolicy, async ({ tx, actor, params, body }) => {
    const proposed = await proposeChange(tx, actor, { name: params.policy, ...body });
    const policy = params.policy === MINIMUM ? null : await shown(tx, await stored(tx, params.policy, null));
    return { policy, proposal: proposed === 'applied' ? null : await oneProposal(tx, actor, proposed) };
  }),
  mount(contract.listProposals, async ({ tx, actor, params }) => ({
    items: await proposalViews(tx, actor, await proposalsOf(tx, params.policy)),
  })),
  mount(contract.approveProposal, async ({ tx, actor, params, must }) => {
    await mustChange(tx, params.proposal, must);
    return settled(tx, actor, await approveChange(tx, actor, params.proposal));
  }),
  mount(contract.rejectProposal, async ({ tx, actor, params, body, must }) => {
    await mustChange(tx, params.proposal, must);
    return settled(tx, actor, await rejectChange(tx, actor, params.proposal, body.reason));
  }),
  mount(contract.withdrawProposal, async ({ tx, actor, params, must }) => {
    await mustChange(tx, params.proposal, must);
    return settled(tx, actor, await withdrawChange(tx, actor, params.proposal));
  }),
  mount(contract.explainPolicy, async ({ tx, params, query, visible }) => {
    const found = await stored(tx, params.policy, query.version ?? null);
    const newest = await stored(tx, params.policy, null);
    return { ...(await shown(tx, found)), newest: newest.policy.version, ...(await explained(tx, found, await visible())) };
  }),
  mount(contract.listPolicyVersions, async ({ tx, params }) => {
    const first = await stored(tx, params.policy, 1);
    const versions = await policyVersions(tx, params.policy);
    const services = (await allServices(tx)).filter((one) => one.policy === params.policy);
    const steps = [first, ...versions].map((one, index, all) => ({
      one,
      changed: changedCells(all[index - 1]?.policy ?? null, one.policy),
    }));
    const items = [];
    for (const { one, changed } of steps.toReversed()) {
      const tiers = new Set(changed.map((cell) => cell.tier));
      items.push({ ...(await shown(tx, one)), changed, services: services.filter((service) => tiers.has(service.tier)).length });
    }
    return { items };
  }),
  mount(contract.checkPolicy, async ({ tx, body }) => {
    const read = readPolicy(body.source, 'policy.yaml', 1, await minimumAbove(tx));
    if (read.ok) {
      const { policy } = read;
      const current = await policyAt(tx, policy.name, null);
      return {
        valid: true,
        name: policy.name as 'startup',
        digest: digestOfValue(policy.tiers),
        diagnostics: read.warnings.map(placed),
        text: renderDiagnostics(body.source, read.warnings),
        examples: examplesOf(policy),
        changed: changedCells(current?.policy ?? null, policy),
      };
    }
    return {
      valid: false,
      name: null,
      digest: null,
      diagnostics: read.diagnostics.map(placed),
      text: renderDiagnostics(body.source, read.diagnostics),
      examples: [],
      changed: [],
    };
  }),
];

/** What a team asks is decided on by who may change it; everything else by who may for the whole organisation. */
async function mustChange(
  tx: Tx,
  id: string,
  must: (action: 'policy.write', on: { readonly team?: string }) => Promise<void>,
): Promise<void> {
  const proposal = await proposalById(tx, id);
  if (proposal === null) throw noSuchProposal({ id });
  const teamId = teamOf(proposal.name);
  const team = teamId === null ? undefined : (await teamsInOrder(tx)).find((one) => one.id === teamId);
  await must('policy.write', team === undefined ? {} : { team: team.name });
}

async function oneProposal(tx: Tx, actor: Actor, proposal: Proposal) {
  const [view] = await proposalViews(tx, actor, [proposal]);
  if (view === undefined) throw new Error(`the proposal ${proposal.id} has no view`);
  return view;
}

async function settled(tx: Tx, actor: Actor, answer: Proposal | Problem) {
  return answer instanceof Problem ? new Refused(answer) : oneProposal(tx, actor, answer);
}

async function stored(tx: Tx, name: string, version: number | null): Promise<StoredPolicy> {
  const found = await policyAt(tx, name, version);
  if (found === null) throw noSuchPolicy({ policy: version === null ? name : `${name} of version ${version}` });
  return found;
}

async function shown(tx: Tx, { policy, document, at, by, source }: StoredPolicy) {
  const names = await personLabel(tx, by === null ? [] : [by]);
  const changedBy = by === null ? null : { id: by, name: names.get(by) ?? by };
  const name = policy.name as (typeof PRESETS)[number]['name'];
  return {
    name,
    approvals: document.changes?.approvals ?? 0,
    version: policy.version,
    title: policy.title,
    digest: digestOfValue(policy.tiers),
    preset: source === null,
    changedBy,
    changedAt: at,
  };
}
