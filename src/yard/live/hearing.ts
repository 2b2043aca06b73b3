import type { Action } from '../../contract/actions.ts';
import type { Actor } from '../../kernel/actor.ts';
import { may, type Binding } from '../../identity/permission.ts';

/** What a viewer may hear of, worked out once and again when roles or services change. */
export type Rights = {
  readonly services: 'all' | ReadonlySet<string>;
  /** Hears of people, roles and tokens. */
  readonly audit: boolean;
  /** Null: as wide as the roles; else the actions that the token was narrowed to. */
  readonly actions: readonly string[] | null;
};

type Heard = { readonly type: string; readonly subject: string; readonly service: string | null; readonly org: string };

/** The action that reads what a fact is about, by the first word of its type. */
const READS: Readonly<Record<string, Action>> = {
  advisories: 'artifact.read',
  advisory: 'artifact.read',
  agent: 'deployment.read',
  approval: 'release.read',
  artifact: 'artifact.read',
  attestation: 'artifact.read',
  build: 'run.read',
  catalog: 'catalog.read',
  change: 'run.read',
  decision: 'release.read',
  deployment: 'deployment.read',
  environment: 'environment.read',
  freeze: 'freeze.read',
  hook: 'catalog.read',
  incident: 'incident.read',
  knownexploited: 'artifact.read',
  packages: 'artifact.read',
  pipelinerun: 'run.read',
  policy: 'policy.read',
  policychange: 'policy.read',
  promotion: 'artifact.read',
  'promotion-destination': 'artifact.read',
  'recorder-identity': 'policy.read',
  'recorder-key': 'policy.read',
  release: 'release.read',
  report: 'report.read',
  runner: 'run.read',
  secret: 'run.read',
  service: 'catalog.read',
  'sigstore-root': 'policy.read',
  taskrun: 'run.read',
  team: 'catalog.read',
  ticket: 'release.read',
  testsuiterun: 'report.read',
  version: 'artifact.read',
  waiver: 'waiver.read',
};

/** Words of facts about people: heard by who audits, and by the person it is about. */
export const ABOUT_PEOPLE: readonly string[] = ['person', 'bot', 'role', 'token'];

/** The action that reads facts of this type; what nobody listed is for auditors. */
export function actionFor(type: string): Action {
  const word = type.split('.', 1)[0] ?? '';
  return Object.hasOwn(READS, word) ? (READS[word] ?? 'admin.audit') : 'admin.audit';
}

/** Whether a viewer hears of a fact: deny by default. */
export function hears(actor: Actor, rights: Rights, fact: Heard): boolean {
  if (fact.org !== actor.org) return false;
  const action = actionFor(fact.type);
  if (action === 'admin.audit')
    return rights.audit || (ABOUT_PEOPLE.includes(fact.type.split('.', 1)[0] ?? '') && fact.subject === actor.id);
  if (rights.actions !== null && !rights.actions.includes(action)) return false;
  if (fact.service === null) return true;
  return rights.services === 'all' || rights.services.has(fact.service);
}

/** The rights of `actor` who holds `bindings` and sees `services`; null where it holds nothing any more. */
export function rightsOf(actor: Actor, bindings: readonly Binding[], services: 'all' | ReadonlySet<string>): Rights | null {
  if (bindings.length === 0 || (actor.kind !== 'person' && actor.kind !== 'bot')) return null;
  const actions = actor.credential.kind === 'token' ? actor.credential.actions : null;
  return { services, audit: may(actor, bindings, 'admin.audit', {}), actions };
}

/** Whose rights a batch of facts may have changed: everybody's, those of who sees only some services, or nobody's. */
export function changesRights(facts: readonly { readonly type: string }[]): 'all' | 'narrow' | 'none' {
  const words = new Set(facts.map(({ type }) => type.split('.', 1)[0]));
  if (ABOUT_PEOPLE.some((word) => words.has(word))) return 'all';
  return words.has('service') || words.has('team') ? 'narrow' : 'none';
}
