import { configurationChangersSince, policyChangersSince as policyNameChangersSince } from '../catalog/catalog.queries.ts';
import type { Environment } from '../catalog/environment.ts';
import type { Service } from '../catalog/service.ts';
import { votesOn } from '../changes/changes.queries.ts';
import { involvementOfCommits, type Behind, type Involvement } from '../changes/segregation.ts';
import type { Vote } from '../changes/votes.ts';
import { runningHistory } from '../environments/environments.queries.ts';
import type { Running } from '../environments/running.ts';
import { policyChangersSince } from '../gates/gates.queries.ts';
import { levelChangersSince } from '../gates/levels.queries.ts';
import type { ApprovalRoute } from '../gates/policy/policy.ts';
import { activePerson, bindingsOf, personsByEmail } from '../identity/identity.queries.ts';
import type { Instant } from '../kernel/time.ts';
import { commitsBetween } from '../pipelines/pipelines.queries.ts';
import type { Tx } from '../platform/floor.ts';
import { firstAllowed, releaseById, type ReleaseRow } from './releases.queries.ts';

type About = {
  readonly release: ReleaseRow;
  readonly service: Service;
  readonly environment: Environment;
  readonly running: Running | null;
  readonly route: ApprovalRoute | null;
};
type Facts = {
  readonly votes: readonly Vote[];
  readonly involvement: Involvement;
  readonly roles: { readonly [person: string]: readonly string[] };
};

/** Votes, who did what, and the voters' roles now. Addresses are mapped to persons here and go no further. */
export async function approvalFacts(tx: Tx, about: About): Promise<Facts> {
  const votes = (await votesOn(tx, about.release.id, about.environment.id)).map(
    ({ id, person, onBehalfOf, verdict, intent, at, expiresAt, withdrawnAt, usedBy }): Vote => ({
      id,
      person,
      onBehalfOf,
      verdict,
      intent,
      at,
      expiresAt,
      withdrawnAt,
      usedBy,
    }),
  );
  const voters = [...new Set(votes.flatMap((vote) => [vote.person, ...(vote.onBehalfOf === null ? [] : [vote.onBehalfOf])]))].sort();
  const roles: Record<string, readonly string[]> = {};
  // Who has left is not among them: their word, and what they may give to a delegate, ended with them.
  for (const person of voters)
    if ((await activePerson(tx, person)) !== null) roles[person] = await rolesOver(tx, person, about.service, about.environment);
  return { votes, involvement: await involvementIn(tx, about), roles };
}

/** The roles that a person holds over this service in this environment. */
export async function rolesOver(
  tx: Tx,
  person: string,
  service: Pick<Service, 'name' | 'team'>,
  environment: Pick<Environment, 'name'>,
): Promise<string[]> {
  const bindings = await bindingsOf(tx, person);
  const here = bindings.filter(
    (binding) =>
      (binding.team === null || binding.team === service.team) &&
      (binding.service === null || binding.service === service.name) &&
      (binding.environment === null || binding.environment === environment.name),
  );
  return [...new Set(here.map((binding) => binding.role))].sort();
}

/**
 * Who did what since the release that runs in this environment; since ever, where none does. Commits that are not known
 * make an unmapped author, because nobody can say that it was somebody else.
 */
export async function involvementIn(tx: Tx, { release, service, environment, running }: Omit<About, 'route'>): Promise<Involvement> {
  const ran = running === null || running.releaseId === release.id ? null : await releaseById(tx, running.releaseId);
  const since = running === null || running.releaseId === release.id ? null : await startedAsOf(tx, running);
  const { complete, commits } = await commitsBetween(tx, service.id, ran?.commit ?? null, release.commit);
  const emails = commits.flatMap((commit) => [commit.author, commit.committer, ...commit.coAuthors]).filter((email) => email !== null);
  const persons = await personsByEmail(tx, [...new Set(emails)]);
  const fromCommits = involvementOfCommits(commits, (email) => {
    const id = persons.get(email);
    return id === undefined ? null : { kind: 'person', id };
  });
  const lost: Behind[] = complete ? [] : [{ kind: 'unmapped', label: `some commit up to ${release.commit.slice(0, 12)}` }];
  const configuration = await configurationChangersSince(tx, service.id, since, environment.name);
  const policy = [
    ...(await policyChangersSince(tx, service.policy, since, { tier: service.tier, kind: environment.kind })),
    ...(await levelChangersSince(tx, service, since, environment.kind)),
    ...(await policyNameChangersSince(tx, service.id, since)),
  ];
  return {
    ...fromCommits,
    author: [...fromCommits.author, ...lost],
    requester: release.requestedBy === null ? [] : [{ kind: 'person', id: release.requestedBy }],
    'config-changer': changers(configuration, 'configuration'),
    'policy-changer': changers(policy, 'policy'),
  };
}

/**
 * As of when what runs was started: the decision of the deployment that brought it. Neither the end of that deployment
 * nor a way back to it takes up what was changed in between, so that whoever changed it has not passed anybody yet.
 */
async function startedAsOf(tx: Tx, { serviceId, environmentId, releaseId }: Running): Promise<Instant | null> {
  const history = await runningHistory(tx, serviceId, environmentId, 1000);
  const brought = history.find((row) => row.releaseId === releaseId && row.change !== 'rolledback');
  return brought === undefined ? null : firstAllowed(tx, brought.deploymentId);
}

/** Persons once each, in order; a change by no person we can name is unmapped. */
function changers(changes: readonly { readonly person: string | null; readonly at: string }[], what: string): Behind[] {
  const known = [...new Set(changes.flatMap(({ person }) => (person === null ? [] : [person])))].sort();
  const lost = changes
    .filter(({ person }) => person === null)
    .map(({ at }): Behind => ({ kind: 'unmapped', label: `${what} change at ${at}` }));
  return [...known.map((id): Behind => ({ kind: 'person', id })), ...lost];
}
