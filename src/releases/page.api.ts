import { environmentsInOrder } from '../catalog/catalog.queries.ts';
import type { Environment } from '../catalog/environment.ts';
import type { Service } from '../catalog/service.ts';
import { judgeBallot, type Refusal } from '../changes/ballot.ts';
import { votesOn } from '../changes/changes.queries.ts';
import { delegatorsOf, personLabel } from '../identity/identity.queries.ts';
import type { Actor } from '../kernel/actor.ts';
import type { Tx } from '../platform/floor.ts';
import { rolesOver } from './approval-facts.queries.ts';
import { explain, type Explained } from './answers.api.ts';
import { look } from './may-ship.api.ts';
import type { MayShip } from './may-ship.ts';
import type { Loaded } from './inputs.queries.ts';
import type { ReleaseRow } from './releases.queries.ts';
import { releaseView, targetView, voteViews } from './releases.views.ts';

/** What one environment says of a release, with all that it was made from. */
export type Standing = {
  readonly environment: Environment;
  readonly loaded: Loaded;
  readonly answer: MayShip;
  readonly explained: Explained;
};

/** The answers of a release's environments (or of some of them, by name), in the order of the road. */
export async function standings(
  tx: Tx,
  release: ReleaseRow,
  service: Service,
  only: readonly string[] = release.targets,
): Promise<Standing[]> {
  const found: Standing[] = [];
  for (const environment of await environmentsInOrder(tx)) {
    if (!release.targets.includes(environment.name) || !only.includes(environment.name)) continue;
    const { loaded, answer } = await look(tx, { releaseId: release.id, environmentId: environment.id, purpose: 'deploy' });
    found.push({ environment, loaded, answer, explained: await explain(tx, answer, loaded, { service, environment }) });
  }
  return found;
}

/** The release, its votes and its environments as the wire has them. */
export async function releaseOnWire(tx: Tx, release: ReleaseRow, answers: readonly Standing[]) {
  const intents = new Map(answers.map(({ environment, answer }) => [environment.name, answer.intent]));
  const environments = [];
  for (const one of answers) environments.push(await targetView(tx, one));
  return { release: await releaseView(tx, release), environments, votes: await voteViews(tx, release, intents) };
}

export type Ballots = {
  readonly mayVote: boolean;
  readonly why: string | null;
  /** In whose place I may vote too. */
  readonly for: readonly { readonly id: string; readonly name: string }[];
};

/** Whether this actor's vote would be taken here, by their roles and by what they did; not whether their token is wide enough. */
export async function ballotsOf(tx: Tx, actor: Actor, service: Service, { environment, loaded }: Standing): Promise<Ballots> {
  const person = actor.kind === 'person' ? actor.id : null;
  const { approvals } = loaded.inputs;
  const mandates = person === null ? [] : await delegatorsOf(tx, person);
  const current = { intent: approvals.intent, version: loaded.targetVersion };
  const judged = async (onBehalfOf: string | null) => {
    const seat = onBehalfOf ?? person;
    const roles = seat === null ? [] : await rolesOver(tx, seat, service, environment);
    const { route, involvement } = approvals;
    return judgeBallot({ person, onBehalfOf, mandates, route, involvement, roles, seen: current, current });
  };
  const mine = await judged(null);
  const standIn: string[] = [];
  for (const one of mandates) if ((await judged(one)).ok) standIn.push(one);
  const voted = (await votesOn(tx, loaded.subject.release, environment.id)).some(
    (vote) => vote.person === person && vote.targetVersion === loaded.targetVersion && vote.withdrawnAt === null,
  );
  const names = await personLabel(tx, standIn);
  return {
    mayVote: mine.ok && !voted,
    why: mine.ok ? (voted ? 'You have voted on this already.' : null) : WHY[mine.why](mine.because),
    for: voted ? [] : standIn.map((id) => ({ id, name: names.get(id) ?? id })),
  };
}

const WHY: Readonly<Record<Refusal, (because: readonly string[]) => string>> = {
  'not-a-person': () => 'Only a person can vote, not a bot or a machine.',
  excluded: (because) => `You are ${because.join(', ')} of this release, so your vote would not count.`,
  mandate: () => 'Nobody asked you to stand in for them.',
  'no-route': () => 'The policy approves this by itself: no person is asked.',
  'no-role': (because) => `It takes the role ${because.join(' or ')} here, which you don’t hold.`,
  stale: () => 'Something has changed since.',
};
