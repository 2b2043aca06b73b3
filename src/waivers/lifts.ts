import { matchesGlob } from '../kernel/globs.ts';
import type { Waiver } from './waiver.ts';

/** What of a finding a waiver can name. */
export type Nameable = {
  readonly rule: string;
  readonly fingerprint: string;
  readonly cve: string | null;
  readonly purl: string | null;
  /** `path:line`, or empty; absent: not known. */
  readonly location?: string;
};

/**
 * Whether a waiver of a finding names this one: by its fingerprint, its vulnerability, its package (with or without a version:
 * a purl without one stands for all), the rule that found it, or a path (`path:vendor/**`). Where nothing is known to compare, it
 * names nothing.
 */
export function liftsFinding(waiver: Waiver, finding: Nameable): boolean {
  if (waiver.kind !== 'finding') return false;
  const [kind, name] = split(waiver.subject);
  switch (kind) {
    case 'fingerprint':
      return name === finding.fingerprint;
    case 'cve':
      return name === finding.cve;
    case 'purl':
      return finding.purl !== null && isPackage(name, finding.purl);
    case 'rule':
      return name === finding.rule;
    case 'path': {
      const path = (finding.location ?? '').replace(/:\d+(?::\d+)?$/, '').replace(/^\.\//, '');
      return path !== '' && matchesGlob(name, path);
    }
    default:
      return false;
  }
}

/** Whether a waiver of a finding names what an advisory says: by one of its names, or by the package. */
export function liftsAdvisory(
  waiver: Waiver,
  advisory: { readonly advisory: string; readonly aliases: readonly string[]; readonly purl: string },
): boolean {
  if (waiver.kind !== 'finding') return false;
  const [kind, name] = split(waiver.subject);
  if (kind === 'purl') return isPackage(name, advisory.purl);
  return kind === 'cve' && [advisory.advisory, ...advisory.aliases].some((one) => one.toUpperCase() === name.toUpperCase());
}

/** Whether a waiver of a finding accepts the licence of a package (`licence:pkg:npm/left-pad`, with a version or for all). */
export function liftsLicence(waiver: Waiver, { purl }: { readonly purl: string | null }): boolean {
  if (waiver.kind !== 'finding' || purl === null) return false;
  const [kind, name] = split(waiver.subject);
  return kind === 'licence' && isPackage(name, purl);
}

/** Whether a test is in quarantine: a waiver names it, alone or behind its suite (`suite.test`, `suite::test`). */
export function liftsTest(waiver: Waiver, { suite, name }: { readonly suite: string; readonly name: string }): boolean {
  return waiver.kind === 'quarantine' && [name, `${suite}.${name}`, `${suite}::${name}`, `${suite} ${name}`].includes(waiver.subject);
}

function split(subject: string): [kind: string, name: string] {
  const at = subject.indexOf(':');
  return [subject.slice(0, at), subject.slice(at + 1)];
}

function isPackage(named: string, purl: string): boolean {
  if (named === purl) return true;
  const bare = purl.split(/[?#]/, 1)[0] ?? purl;
  const version = bare.lastIndexOf('@');
  return named === bare || (version > bare.lastIndexOf('/') && named === bare.slice(0, version));
}
