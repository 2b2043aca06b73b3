import { digestOfValue, hexOf } from '../kernel/digest.ts';
import type { Instant } from '../kernel/time.ts';

/** What a statement needs to know of a waiver of a finding that holds. */
export type AcceptedFinding = {
  readonly id: string;
  /** `cve:CVE-..`, `cve:GHSA-..`, `purl:pkg:..` or `fingerprint:sha256:..`. */
  readonly subject: string;
  readonly reason: string;
  readonly ticket: string;
  readonly expiresAt: Instant;
  readonly decidedAt: Instant;
};

/** An OpenVEX document (https://github.com/openvex/spec, 0.2.0). */
export type OpenVex = {
  readonly '@context': 'https://openvex.dev/ns/v0.2.0';
  readonly '@id': string;
  readonly author: string;
  readonly timestamp: Instant;
  readonly version: 1;
  readonly statements: readonly {
    readonly vulnerability: { readonly name: string };
    readonly timestamp: Instant;
    readonly products: readonly { readonly '@id': string; readonly subcomponents?: readonly { readonly '@id': string }[] }[];
    readonly status: 'affected';
    readonly action_statement: string;
  }[];
};

/**
 * What a service says of vulnerabilities that were accepted for a while: it is affected, and what is done about it until
 * when. An acceptance is no proof that a product is not affected, so no other status is ever written. Findings without
 * the name of a vulnerability (rules of linters, whole packages) have no place in the format: `left` counts them.
 */
export function openVex(
  service: string,
  accepted: readonly AcceptedFinding[],
  { author, now }: { readonly author: string; readonly now: Instant },
): { readonly document: OpenVex; readonly left: number } {
  const named = accepted.flatMap((one) => (one.subject.startsWith('cve:') ? [{ ...one, name: one.subject.slice('cve:'.length) }] : []));
  const statements = named
    .toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.id < b.id ? -1 : 1))
    .map(({ id, name, reason, ticket, expiresAt, decidedAt }) => ({
      vulnerability: { name },
      timestamp: decidedAt,
      products: [{ '@id': `pkg:generic/${encodeURIComponent(service)}` }],
      status: 'affected' as const,
      action_statement: `Accepted until ${expiresAt} (${id}, ${ticket}): ${reason}`,
    }));
  const digest = hexOf(digestOfValue({ service, statements }));
  const document: OpenVex = {
    '@context': 'https://openvex.dev/ns/v0.2.0',
    '@id': `urn:yardmaster:vex:${encodeURIComponent(service)}:${digest.slice(0, 32)}`,
    author,
    timestamp: now,
    version: 1,
    statements,
  };
  return { document, left: accepted.length - named.length };
}
