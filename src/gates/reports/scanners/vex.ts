import type { JsonFormat } from '../format.ts';
import type { JsonObject } from '../json.ts';
import { asObject, member, numberAt, objectAt, objectsAt, objectsIn, textAt } from '../json.ts';
import { severityOfScore } from '../finding.ts';
import type { Contents, Severity, Vex, VexStatement } from '../model.ts';
import { ReportFault } from '../model.ts';
import { cweIn, Scan, severityOf, texts } from './scan.ts';

const STATUSES = ['not_affected', 'affected', 'fixed', 'under_investigation'] as const;
const CLEARED: ReadonlySet<string> = new Set(['not_affected', 'fixed']);

/** Statements become findings too: one for each product, cleared where the statement clears it. */
class Statements {
  readonly #scan: Scan;
  readonly #statements: VexStatement[] = [];

  constructor(tool: string) {
    this.#scan = new Scan(tool);
  }

  add(
    statement: VexStatement,
    product: string,
    more: { readonly severity: Severity; readonly message: string; readonly cwe?: number[] },
  ): void {
    const { vulnerability, aliases, status, justification, statement: words, source } = statement;
    this.#statements.push({ ...statement, products: [product] });
    this.#scan.add({
      ...more,
      rule: vulnerability,
      file: product,
      identity: product,
      once: [product, vulnerability],
      names: [vulnerability, ...aliases],
      purl: product.startsWith('pkg:') ? product : null,
      component: product,
      suppressed: CLEARED.has(status),
      vex: { status, justification, statement: words, source },
    });
  }

  get contents(): Contents {
    return { ...this.#scan.contents, statements: this.#statements };
  }
}

/**
 * OpenVEX 0.0.1 to 0.2.0 (github.com/openvex/spec). It rates nothing: what affects a product is taken as medium, what is
 * looked into as information. A status that nobody knows refuses the document: it could mean anything.
 */
export const openVex: JsonFormat = {
  id: 'openvex',
  topics: ['findings'],
  is: ({ root, list }) =>
    list === null &&
    (texts(root['@context']).some((one) => one.includes('openvex')) ||
      (Array.isArray(root['statements']) && textAt(root, 'author') !== null)),
  read: ({ root }) => {
    const found = new Statements('openvex');
    const author = textAt(root, 'author') ?? 'nobody named';
    const statements = objectsAt(root, 'statements');
    if (statements === null) throw new ReportFault('the document has no statements', 'empty');
    for (const one of statements) {
      const named = asObject(one['vulnerability']);
      const vulnerability = textAt(one, 'vulnerability') ?? textAt(named, 'name') ?? textAt(named, '@id');
      const status = STATUSES.find((each) => each === textAt(one, 'status')?.trim().toLowerCase());
      if (vulnerability === null || status === undefined)
        throw new ReportFault(`a statement has no ${vulnerability === null ? 'vulnerability' : 'known status'}`);
      const words = textAt(one, 'impact_statement') ?? textAt(one, 'action_statement') ?? textAt(one, 'status_notes');
      const statement: VexStatement = {
        vulnerability,
        aliases: texts(member(named, 'aliases')),
        products: [],
        status,
        justification: textAt(one, 'justification'),
        statement: words,
        source: `OpenVEX by ${author}`,
      };
      const products = Array.isArray(one['products']) ? (one['products'] as unknown[]) : [];
      for (const product of products) {
        const id =
          typeof product === 'string'
            ? product
            : (textAt(asObject(product), '@id') ?? textAt(objectAt(asObject(product), 'identifiers'), 'purl'));
        if (id !== null && id !== '')
          found.add(statement, id, {
            severity: status === 'affected' ? 'medium' : 'info',
            message: words ?? `${vulnerability}: ${status}`,
          });
      }
    }
    return found.contents;
  },
};

const BUCKETS: Readonly<Record<string, Vex['status']>> = {
  known_affected: 'affected', first_affected: 'affected', last_affected: 'affected',
  known_not_affected: 'not_affected', fixed: 'fixed', first_fixed: 'fixed', recommended: 'fixed', under_investigation: 'under_investigation',
}; // prettier-ignore

/** CSAF 2.0 (OASIS), advisories and the VEX profile: one statement for each product of each vulnerability. */
export const csaf: JsonFormat = {
  id: 'csaf',
  topics: ['findings'],
  is: ({ root, list }) => list === null && textAt(objectAt(root, 'document'), 'csaf_version') !== null,
  read: ({ root }) => {
    const document = objectAt(root, 'document');
    const version = textAt(document, 'csaf_version') ?? '';
    if (!/^2\.\d+$/.test(version)) throw new ReportFault(`CSAF ${version.slice(0, 20)} is not read, 2.0 is`);
    const found = new Statements('csaf');
    const products = productNames(objectAt(root, 'product_tree'));
    const source = `CSAF by ${textAt(objectAt(document, 'publisher'), 'name') ?? 'nobody named'}`;
    for (const one of objectsAt(root, 'vulnerabilities') ?? []) {
      const ids = objectsIn(one['ids']).flatMap((each) => textAt(each, 'text') ?? []);
      const vulnerability = textAt(one, 'cve') ?? ids[0] ?? textAt(one, 'title') ?? 'unknown';
      for (const [bucket, list] of Object.entries(objectAt(one, 'product_status') ?? {}))
        for (const id of texts(list)) {
          const flags = objectsIn(one['flags']).filter((each) => texts(member(each, 'product_ids')).includes(id));
          const threat = objectsIn(one['threats']).find(
            (each) =>
              textAt(each, 'category') === 'impact' &&
              (member(each, 'product_ids') === undefined || texts(member(each, 'product_ids')).includes(id)),
          );
          // A bucket of a later version is taken as affected: what nobody knows must not clear anything.
          const status = BUCKETS[bucket] ?? 'affected';
          const statement: VexStatement = {
            vulnerability,
            aliases: ids,
            products: [],
            status,
            justification: textAt(flags[0], 'label'),
            statement: textAt(threat, 'details'),
            source,
          };
          found.add(statement, products.get(id) ?? id, {
            severity: severityFor(one, id),
            message: textAt(one, 'title') ?? vulnerability,
            cwe: cweIn(textAt(objectAt(one, 'cwe'), 'id')),
          });
        }
    }
    return found.contents;
  },
};

function severityFor(vulnerability: JsonObject, product: string): Severity {
  const score = objectsIn(vulnerability['scores']).findLast((each) => texts(member(each, 'products')).includes(product));
  const cvss = objectAt(score, 'cvss_v3') ?? objectAt(score, 'cvss_v4');
  const base = numberAt(cvss, 'baseScore');
  return severityOf(textAt(cvss, 'baseSeverity'), base === null ? 'medium' : severityOfScore(base));
}

/** Products by their id: their purl where the tree gives one, else their name. */
function productNames(tree: JsonObject | null): Map<string, string> {
  const names = new Map<string, string>();
  const note = (product: JsonObject | null): void => {
    const id = textAt(product, 'product_id');
    const name = textAt(objectAt(product, 'product_identification_helper'), 'purl') ?? textAt(product, 'name');
    // Different ids may carry one name; the id then tells them apart.
    if (id !== null && name !== null) names.set(id, [...names.values()].includes(name) ? `${name} (${id})` : name);
  };
  const walk = (branch: JsonObject): void => {
    note(objectAt(branch, 'product'));
    for (const inner of objectsIn(branch['branches'])) walk(inner);
  };
  for (const product of objectsIn(member(tree, 'full_product_names'))) note(product);
  for (const branch of objectsIn(member(tree, 'branches'))) walk(branch);
  for (const relation of objectsIn(member(tree, 'relationships'))) note(objectAt(relation, 'full_product_name'));
  return names;
}
