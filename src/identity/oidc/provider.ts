import type { Role } from '../../contract/actions.ts';
import type { Claims } from '../issuer/compact.ts';

/** A group of the provider, and the role that it gives here. */
export type GroupRole = {
  readonly group: string;
  readonly role: Role;
  readonly on: { readonly team?: string | undefined; readonly service?: string | undefined; readonly environment?: string | undefined };
};

export type Settings = {
  /** Beside `openid`. */
  readonly scopes: readonly string[];
  readonly claims: { readonly name: string; readonly email: string; readonly groups: string };
  /** Who has a verified address in one of these; empty: any address, or none. */
  readonly domains: readonly string[];
  /** Who is in one of these groups; empty: any. */
  readonly groups: readonly string[];
  /** Whether an account that is new to us may become the person who has its verified address. */
  readonly link: 'never' | 'verified-address';
  /** Whether a person is made for an account that nobody here is. */
  readonly provision: boolean;
  readonly roles: readonly GroupRole[];
  /** What a fresh sign-in must show (OpenID Connect Core, `acr` and `amr`); empty: a fresh time is enough. */
  readonly acr: readonly string[];
  readonly amr: readonly string[];
};

/** Who somebody is for the provider, in our words. `groups` null: it says that there are more than it tells. */
export type Account = {
  readonly subject: string;
  readonly name: string | null;
  readonly email: string | null;
  readonly emailVerified: boolean;
  readonly groups: readonly string[] | null;
};

const GROUPS = 2000;

/** Reads verified claims by the names that the admin gave. What is no plain text is left out. */
export function accountIn(claims: Claims, { claims: names }: Settings): Account {
  const email = plain(at(claims, names.email), 254)?.toLowerCase() ?? null;
  return {
    subject: plain(claims['sub'], 1000) ?? '',
    name: plain(at(claims, names.name), 200) ?? plain(claims['preferred_username'], 200),
    email: email !== null && /^[^\s@]+@[^\s@]+$/.test(email) ? email : null,
    // Only the standard claim says it, and only as a truth: an address under another name is not known to be verified.
    emailVerified: names.email === 'email' && (claims['email_verified'] === true || claims['email_verified'] === 'true'),
    groups: groupsIn(claims, names.groups),
  };
}

function groupsIn(claims: Claims, name: string): readonly string[] | null {
  const elsewhere = claims['_claim_names'];
  if (typeof elsewhere === 'object' && elsewhere !== null && Object.hasOwn(elsewhere, name)) return null;
  const value = at(claims, name);
  const list: readonly unknown[] = Array.isArray(value) ? value : typeof value === 'string' ? [value] : [];
  if (list.length > GROUPS) return null;
  return list.flatMap((one) => plain(one, 300) ?? []);
}

/** A claim by its name, or by a path with dots where no claim has the whole name: `realm_access.roles`. */
function at(claims: Claims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  return name
    .split('.')
    .reduce<unknown>(
      (value, key) => (typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? (value as Claims)[key] : undefined),
      claims,
    );
}

function plain(value: unknown, longest: number): string | null {
  if (typeof value !== 'string') return null;
  const text = value.trim();
  return text === '' || text.length > longest || !text.isWellFormed() || /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(text) ? null : text;
}

/** Why an account is not let in, whoever it is; null where it is. */
export function keptOut(account: Account, settings: Settings): string | null {
  if (account.subject === '') return 'the provider names no subject';
  if (settings.domains.length > 0) {
    const domain = account.email?.split('@')[1] ?? '';
    if (!settings.domains.includes(domain)) return 'its address is in none of the domains that are let in';
    if (!account.emailVerified) return 'the provider does not say that its address is verified';
  }
  if (account.groups === null && (settings.groups.length > 0 || settings.roles.length > 0))
    return 'it is in more groups than the provider tells; let the provider send only the groups of this application';
  if (settings.groups.length > 0 && !settings.groups.some((group) => account.groups?.includes(group)))
    return 'it is in none of the groups that are let in';
  return null;
}

export type Scoped = {
  readonly role: Role;
  readonly team: string | null;
  readonly service: string | null;
  readonly environment: string | null;
};

/** The roles that an account's groups give, each once. */
export function rolesFor(account: Account, settings: Settings): readonly Scoped[] {
  const given = settings.roles.filter(({ group }) => account.groups?.includes(group) === true);
  const each = given.map(({ role, on }): [string, Scoped] => {
    const scoped = { role, team: on.team ?? null, service: on.service ?? null, environment: on.environment ?? null };
    return [JSON.stringify(scoped), scoped];
  });
  return [...new Map(each).values()];
}

export type Found = {
  /** The person whom this account already is. */
  readonly linked: { readonly id: string; readonly active: boolean } | null;
  /** The person who has its address. */
  readonly addressed: { readonly id: string; readonly active: boolean } | null;
};
export type Admission =
  | { readonly kind: 'known' | 'link'; readonly person: string }
  | { readonly kind: 'create' }
  | { readonly kind: 'refuse'; readonly why: string };

/**
 * Who an account is here. By issuer and subject; by a verified address only where the admin lets it link; never by an
 * address alone, because whoever may choose an address at some provider could be anybody.
 */
export function admit(account: Account, settings: Settings, { linked, addressed }: Found): Admission {
  const why = keptOut(account, settings);
  if (why !== null) return { kind: 'refuse', why };
  if (linked !== null)
    return linked.active ? { kind: 'known', person: linked.id } : { kind: 'refuse', why: 'the person was deactivated here' };
  if (addressed !== null) {
    if (settings.link === 'never') return { kind: 'refuse', why: 'somebody here has its address, and accounts are not linked by address' };
    if (!account.emailVerified)
      return { kind: 'refuse', why: 'somebody here has its address, and the provider does not say that it is verified' };
    return addressed.active ? { kind: 'link', person: addressed.id } : { kind: 'refuse', why: 'the person was deactivated here' };
  }
  return settings.provision
    ? { kind: 'create' }
    : { kind: 'refuse', why: 'nobody here is this account, and none are made at the first sign-in' };
}

/** Why a fresh sign-in is not enough for what weighs: too old, or by means that the admin does not take; null where it is. */
export function notFresh(claims: Claims, settings: Settings, asked: { readonly sinceS: number; readonly leewayS: number }): string | null {
  const { auth_time: when, acr, amr } = claims;
  if (typeof when !== 'number') return 'the provider does not say when they signed in (auth_time)';
  if (when < asked.sinceS - asked.leewayS) return 'the provider answered with an older sign-in instead of a fresh one';
  if (settings.acr.length > 0 && !settings.acr.some((one) => one === acr))
    return `it was not signed in at the level asked for (acr ${settings.acr.join(' or ')})`;
  const means: readonly unknown[] = Array.isArray(amr) ? amr : [];
  if (settings.amr.length > 0 && !settings.amr.some((one) => means.includes(one)))
    return `it was not signed in with ${settings.amr.join(' or ')} (amr)`;
  return null;
}
