import { stringify } from 'yaml';
import { mustService, mustTeam, teamsInOrder } from '../catalog/catalog.queries.ts';
import * as contract from '../contract/policy-levels.ts';
import { renderDiagnostics } from '../kernel/diagnostic.ts';
import { digestOfValue } from '../kernel/digest.ts';
import type { Tx } from '../platform/floor.ts';
import { mount, type Mounted } from '../platform/http/handler.ts';
import { changeNeedsApproval } from './gates.problems.ts';
import { aboveRepository, minimumAbove } from './levels.queries.ts';
import { levelAt, MINIMUM, ofTeam } from './levels.store.ts';
import { changedAsks, levelView, rulesOfService } from './levels.views.ts';
import { changePolicy } from './policy.commands.ts';
import { placed } from './policy/placed.ts';
import type { Tier } from './policy/policy.ts';
import { stackGates } from './policy/stacks.ts';
import { readRequirements, REPOSITORY_POLICY, type Above } from './policy/read-requirements.ts';
import { approvalsNeeded, proposeChange } from './proposal.commands.ts';
import { proposalsOf } from './proposal.store.ts';
import { proposalViews } from './proposal.views.ts';

/** The HTTP doors of what the organisation, teams and repositories ask beside the policy of a service. */
export const policyLevelRoutes: readonly Mounted[] = [
  mount(contract.listPolicyLevels, async ({ tx }) => {
    const items = [await levelView(tx, null)];
    for (const team of await teamsInOrder(tx)) items.push(await levelView(tx, team));
    return { items };
  }),
  mount(contract.getMinimum, ({ tx }) => levelView(tx, null)),
  mount(contract.putMinimum, async ({ tx, actor, body }) => {
    const needed = await approvalsNeeded(tx, MINIMUM);
    if (needed > 0) throw changeNeedsApproval({ policy: MINIMUM, needed });
    await changePolicy(tx, actor, { name: MINIMUM, ...body });
    return levelView(tx, null);
  }),
  mount(contract.getTeamPolicy, async ({ tx, params }) => levelView(tx, await mustTeam(tx, params.team))),
  mount(contract.putTeamPolicy, async ({ tx, actor, params, body }) => {
    const team = await mustTeam(tx, params.team);
    const needed = await approvalsNeeded(tx, ofTeam(team.id));
    if (needed > 0) throw changeNeedsApproval({ policy: `of the team ${team.name}`, needed });
    await changePolicy(tx, actor, { name: ofTeam(team.id), ...body });
    return levelView(tx, team);
  }),
  mount(contract.proposeTeamPolicy, async ({ tx, actor, params, body }) => {
    const team = await mustTeam(tx, params.team);
    const proposed = await proposeChange(tx, actor, { name: ofTeam(team.id), ...body });
    const [proposal = null] = proposed === 'applied' ? [] : await proposalViews(tx, actor, [proposed]);
    return { level: await levelView(tx, team), proposal };
  }),
  mount(contract.listTeamProposals, async ({ tx, actor, params }) => {
    const team = await mustTeam(tx, params.team);
    return { items: await proposalViews(tx, actor, await proposalsOf(tx, ofTeam(team.id))) };
  }),
  mount(contract.checkPolicyLevel, async ({ tx, body, must }) => {
    if (body.service !== undefined) await must('policy.read', { service: body.service });
    const file = body.level === 'repository' ? REPOSITORY_POLICY : 'policy.yaml';
    const read = readRequirements(body.source, file, await aboveOf(tx, body));
    if (!read.ok)
      return {
        valid: false,
        digest: null,
        diagnostics: read.diagnostics.map(placed),
        text: renderDiagnostics(body.source, read.diagnostics),
        examples: [],
        changed: [],
      };
    const before = body.level === 'organisation' ? ((await levelAt(tx, MINIMUM, null))?.written ?? null) : null;
    return {
      valid: true,
      digest: digestOfValue(read.written),
      diagnostics: read.warnings.map(placed),
      text: renderDiagnostics(body.source, read.warnings),
      // A document whose examples answer otherwise is not valid.
      examples: Object.entries(read.written.examples ?? {}).map(([example, { title, expect }]) => ({ example, title, verdict: expect })),
      changed: changedAsks(before, read.asks),
    };
  }),
  mount(contract.stackGates, ({ params, query }) => {
    const tier = query.tier as Tier;
    return Promise.resolve({
      stack: params.stack,
      tier,
      text: stringify(stackGates(params.stack, tier), { aliasDuplicateObjects: false }),
    });
  }),
  mount(contract.serviceRules, async ({ tx, params, query }) =>
    rulesOfService(tx, await mustService(tx, params.service), query.commit ?? null),
  ),
];

async function aboveOf(tx: Tx, asked: { readonly level: string; readonly service?: string | undefined }): Promise<Above | null> {
  if (asked.level === 'organisation') return null;
  if (asked.level === 'repository' && asked.service !== undefined) return aboveRepository(tx, await mustService(tx, asked.service));
  return minimumAbove(tx);
}
