import { AUDIT_KINDS, type AuditKind } from '../contract/admin.ts';

/** Which facts are administrative acts, by the first words of their types. A new kind of fact that matches joins by itself. */
const KINDS: Readonly<Record<AuditKind, RegExp>> = {
  people: /^(?:person|bot|role)\./,
  'sign-in': /^(?:session|token)\./,
  machines: /^(?:runner\.|agent\.)/,
  keys: /^(?:secret|master-key|data-key|ledger)\./,
  policies: /^(?:policy\.|catalog\.default-policy)/,
  catalog: /^(?:team|service\.(?:created|changed|retired)|environment\.(?:created|modified|deleted))/,
  hooks: /^(?:hook\.|incident\.hook-|feed\.|calendar\.feed)/,
  work: /^(?:work|backup|restore|retention|hold|legal-hold)\./,
};

/** What kind of administrative act a type of fact is, or null where it is none. */
export function auditKind(type: string): AuditKind | null {
  return AUDIT_KINDS.find((kind) => KINDS[kind].test(type)) ?? null;
}

/** Ids of persons, bots and machines that stand anywhere in a fact's body. */
export function holdersIn(value: unknown): string[] {
  if (typeof value === 'string') return /^(?:per|bot|rnr|agt|tok|svc|tea|env)_[0-9a-f]{32}$/.test(value) ? [value] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(holdersIn);
}

/** `person:per_...` as its id: who acted. */
export function idOfActor(label: string): string {
  return label.slice(label.indexOf(':') + 1);
}

/** The labels under which an id may have acted; `null` where the text is a label already. */
export function labelsOf(by: string): string[] {
  if (by.includes(':')) return [by];
  return ['person', 'bot', 'runner', 'agent', 'system', 'hook'].map((kind) => `${kind}:${by}`);
}
