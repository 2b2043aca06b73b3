import type { Vex, VexStatement } from '../reports/model.ts';

/** What a statement is held against: the names of a vulnerability, and what holds it. */
export type Named = {
  readonly rule: string;
  readonly cve: string | null;
  readonly aliases: readonly string[];
  readonly purl: string | null;
  readonly component: string | null;
};

/** Whether a statement says that the finding does not count. `affected` and `under_investigation` clear nothing. */
export function clears(vex: Vex | null | undefined): boolean {
  return vex?.status === 'not_affected' || vex?.status === 'fixed';
}

/**
 * The statement that holds for a finding, or null: it names the vulnerability by one of its names, and the product by its
 * purl (with or without qualifiers; a purl without a version stands for all), by its component, or by the digest of the
 * artifact. A statement that names no product speaks of none. Where several hold, the one that clears least wins: of two
 * opinions the worse is believed.
 */
export function statementFor(finding: Named, statements: readonly VexStatement[], digest: string): Vex | null {
  const names = new Set([finding.rule, finding.cve, ...finding.aliases].flatMap((one) => (one === null ? [] : [one.toUpperCase()])));
  const holding = statements.filter(
    ({ vulnerability, aliases, products }) =>
      [vulnerability, ...aliases].some((name) => names.has(name.toUpperCase())) &&
      products.some((product) => isProduct(product, finding, digest)),
  );
  const order: readonly Vex['status'][] = ['affected', 'under_investigation', 'fixed', 'not_affected'];
  const [worst] = holding.toSorted((a, b) => order.indexOf(a.status) - order.indexOf(b.status));
  if (worst === undefined) return null;
  const { status, justification, statement, source } = worst;
  return { status, justification, statement, source };
}

function isProduct(product: string, { purl, component }: Named, digest: string): boolean {
  if (product === purl || product === component || product === digest || product.includes(digest)) return true;
  if (purl === null || !product.startsWith('pkg:')) return false;
  const [named, own] = [bare(product), bare(purl)];
  return named === own || (!hasVersion(named) && own.startsWith(`${named}@`));
}

/** A purl without qualifiers and subpath. */
function bare(purl: string): string {
  return purl.split(/[?#]/, 1)[0] ?? purl;
}

function hasVersion(purl: string): boolean {
  return purl.lastIndexOf('@') > purl.lastIndexOf('/');
}
