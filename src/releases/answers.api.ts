import type { Environment } from '../catalog/environment.ts';
import type { Service } from '../catalog/service.ts';
import { segregate } from '../changes/segregation.ts';
import { voteState } from '../changes/votes.ts';
import { holdersOf, personLabel } from '../identity/identity.queries.ts';
import type { Tx } from '../platform/floor.ts';
import { answerWords, personsIn, rolesIn, wantedOf, type Wanted, type Words } from './answer-words.ts';
import type { Loaded } from './inputs.queries.ts';
import type { MayShip } from './may-ship.ts';
import type { RuleInputs } from './rules.ts';

/** An answer for people: what is missing with who can give it, and everything in words. */
export type Explained = { readonly missing: readonly Wanted[]; readonly words: Words };

type About = { readonly environment: string; readonly purpose: 'deploy' | 'rollback' | 'preview' };

/** Explains an answer that was just made: who could give what is missing is asked of the roles as they are now. */
export async function explain(
  tx: Tx,
  answer: MayShip,
  loaded: Pick<Loaded, 'inputs' | 'now'>,
  place: { readonly service: Pick<Service, 'name' | 'team'>; readonly environment: Pick<Environment, 'name'> },
  purpose: About['purpose'] = 'deploy',
): Promise<Explained> {
  const roles = rolesIn(answer.missing);
  const on = { service: place.service.name, team: place.service.team, environment: place.environment.name };
  const holders = roles.length === 0 ? [] : await holdersOf(tx, roles, on);
  const names = await personLabel(tx, personsIn(answer));
  return explainWith(
    answer,
    { environment: place.environment.name, purpose },
    holders,
    barredIn(loaded.inputs.approvals, loaded.now),
    names,
  );
}

/** Explains a recorded answer: who held which role then is not among its inputs, so that roles are named and not persons. */
export async function explainRecorded(tx: Tx, answer: MayShip, about: About): Promise<Explained> {
  return explainWith(answer, about, null, new Set(), await personLabel(tx, personsIn(answer)));
}

/** Persons whose approval would not count any more: excluded by what they did, or they have voted. */
export function barredIn(approvals: RuleInputs['approvals'], now: string): ReadonlySet<string> {
  const excluded = segregate(approvals.involvement, approvals.route?.exclude ?? []).excluded;
  const spoken = approvals.votes.filter((vote) => voteState(vote, approvals.intent, approvals.deployment, now) === 'active');
  return new Set([
    ...excluded.keys(),
    ...spoken.flatMap(({ person, onBehalfOf }) => [person, ...(onBehalfOf === null ? [] : [onBehalfOf])]),
  ]);
}

function explainWith(
  answer: MayShip,
  about: About,
  holders: Parameters<typeof wantedOf>[1] | null,
  barred: ReadonlySet<string>,
  names: ReadonlyMap<string, string>,
): Explained {
  const open = answer.rules.filter((rule) => rule.verdict !== 'allow');
  const missing = open.flatMap((rule) => rule.missing.map((one) => ({ ...one, rule: rule.rule })));
  const wanted = wantedOf(missing, holders ?? [], barred, names);
  const said = {
    ...about,
    verdict: answer.verdict,
    rules: answer.rules,
    earliest: answer.earliest,
    notAfter: answer.notAfter,
    observed: answer.observed === true,
  };
  const words = answerWords(said, wanted, names);
  if (holders !== null) return { missing: wanted, words };
  // Nobody was looked for, so nobody may say that there is nobody.
  return { missing: wanted, words: { ...words, missing: wanted.map(({ what, givers }) => recordedWords(what, givers, names)) } };
}

function recordedWords(what: string, { persons, roles, others }: Wanted['givers'], names: ReadonlyMap<string, string>): string {
  const who = [...persons.map(({ id, name }) => names.get(id) ?? name), ...roles, ...others].filter((one) => !what.endsWith(one));
  return who.length === 0 ? what : `${what} (${who.join(', ')})`;
}
