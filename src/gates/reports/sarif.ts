import { FindingList, severityOfScore, steadyWords, vulnerabilityIn } from './finding.ts';
import type { JsonObject } from './json.ts';
import { asObject, member, objectAt, objectsAt, objectsIn, textAt } from './json.ts';
import { readJsonList } from './json-list.ts';
import type { ByteStream, Contents, Severity } from './model.ts';
import { LIMITS, ReportFault, clip } from './model.ts';

/** Kinds of findings past the limit that are counted apart; a report with more is no report. */
const MOST_KINDS = 100_000;

/**
 * SARIF 2.1.0 (OASIS). Results count, but for those that say themselves that they are none (kind `pass` or
 * `notApplicable`) or are gone (baselineState `absent`). A run whose tool says that it did not succeed, or that holds
 * no `results` (section 3.14.23: it did not look) and does not say that it succeeded, refuses the report.
 */
export function readSarif(log: JsonObject): Contents {
  const reader = new SarifReader();
  const runs = objectsAt(log, 'runs') ?? [];
  for (const [index, run] of runs.entries()) for (const result of objectsAt(run, 'results') ?? []) reader.result(result, index);
  return reader.end(log);
}

/** The same from a stream: what is held is what is kept of the results, never the results. */
export async function readSarifStream(bytes: ByteStream): Promise<Contents> {
  const reader = new SarifReader();
  const log = await readJsonList(bytes, ['runs', '*', 'results'], (item, path) => {
    const result = asObject(item);
    if (result === null) throw new ReportFault('"results" holds something that is no object');
    reader.result(result, Number(path[1]));
  });
  const object = asObject(log);
  if (object === null) throw new ReportFault('the document is no JSON object');
  return reader.end(object);
}

/** What is kept of a result until the rules are known, which may stand behind it. */
type Pending = {
  readonly run: number;
  readonly kind: string;
  readonly rule: { readonly id: string | null; readonly index: number | null; readonly component: number | null };
  readonly level: string | null;
  readonly score: number | null;
  readonly message: { readonly text: string | null; readonly id: string | null };
  readonly file: string;
  readonly line: number | null;
  /** null: the words of the message. */
  readonly identity: unknown;
  readonly purl: string | null;
  readonly cwe: readonly number[];
  readonly suppressed: boolean;
};

class SarifReader {
  readonly #pending: (Pending | undefined)[] = [];
  #taken = 0;
  /** Findings past the limit: one of each kind with how many there are. */
  readonly #beyond = new Map<string, { readonly like: Pending; count: number }>();

  result(result: JsonObject, run: number): void {
    const kind = textAt(result, 'kind') ?? 'fail';
    if (kind === 'pass' || kind === 'notApplicable' || textAt(result, 'baselineState') === 'absent') return;
    // Each place that has to be changed is a finding of its own; a result without a place is one.
    const locations = objectsAt(result, 'locations') ?? [];
    for (const location of locations.length === 0 ? [null] : locations) {
      if (this.#pending.length < LIMITS.findings) this.#pending.push(pendingOf({ result, run, kind, location }));
      else this.#count(result, run, kind);
    }
  }

  #count(result: JsonObject, run: number, kind: string): void {
    const like = pendingOf({
      result: { ...result, message: undefined, partialFingerprints: undefined, fingerprints: undefined },
      run,
      kind,
      location: null,
    });
    const key = JSON.stringify([run, like.rule, like.level, like.kind, like.score]);
    const known = this.#beyond.get(key);
    if (known !== undefined) known.count++;
    else if (this.#beyond.size >= MOST_KINDS) throw new ReportFault(`the report has more than ${MOST_KINDS} kinds of findings`);
    else this.#beyond.set(key, { like, count: 1 });
  }

  #next(): Pending | undefined {
    const one = this.#pending[this.#taken];
    this.#pending[this.#taken++] = undefined;
    return one;
  }

  end(log: JsonObject): Contents {
    const version = textAt(log, 'version');
    if (version === null || !/^2\.1\.0(?:-|$)/.test(version))
      throw new ReportFault(
        version === null ? 'the document is no SARIF log: it has no version' : `SARIF ${version.slice(0, 40)} is not read, 2.1.0 is`,
      );
    const runs = objectsAt(log, 'runs');
    if (runs === null || runs.length === 0) throw new ReportFault('the log has no run', 'empty');
    const known = runs.map(runOf);
    const findings = new FindingList();
    const at = (index: number): Run =>
      known[index] ?? known[0] ?? { tool: 'unknown', rules: { byId: new Map(), driver: [], extensions: [] } };
    // Let go of each as it becomes a finding: both lists at once would be twice the memory.
    for (let one = this.#next(); one !== undefined; one = this.#next()) addPending(one, at(one.run), findings);
    for (const { like, count } of this.#beyond.values()) findings.count(severityOf(like, ruleOf(like, at(like.run).rules).rule), count);
    return findings.contents;
  }
}

type Run = { readonly tool: string; readonly rules: Rules };

function runOf(run: JsonObject): Run {
  const driver = objectAt(objectAt(run, 'tool'), 'driver');
  const tool = textAt(driver, 'name');
  if (tool === null) throw new ReportFault('a run names no tool');
  const invocations = objectsAt(run, 'invocations') ?? [];
  if (invocations.some((one) => member(one, 'executionSuccessful') === false))
    throw new ReportFault(`${tool.slice(0, 100)} says that its run did not succeed`);
  // Some tools (Staticcheck) leave an empty list out, and say by their invocation that they looked to the end.
  const looked = !('results' in run) && invocations.some((one) => member(one, 'executionSuccessful') === true);
  if (objectsAt(run, 'results') === null && !looked)
    throw new ReportFault(`the run of ${tool.slice(0, 100)} has no results: the tool did not look`, 'empty');
  return { tool, rules: rulesOf(run, driver) };
}

type Told = { readonly result: JsonObject; readonly run: number; readonly kind: string; readonly location: JsonObject | null };

function pendingOf({ result, run, kind, location }: Told): Pending {
  const physical = objectAt(location, 'physicalLocation');
  const reference = objectAt(result, 'rule');
  const message = objectAt(result, 'message');
  const text = textAt(message, 'text') ?? textAt(message, 'markdown');
  const score = member(objectAt(result, 'properties'), 'security-severity');
  const index = member(result, 'ruleIndex') ?? member(reference, 'index');
  const component = member(objectAt(reference, 'toolComponent'), 'index');
  const line = member(objectAt(physical, 'region'), 'startLine');
  return {
    run,
    kind,
    rule: {
      id: textAt(result, 'ruleId') ?? textAt(reference, 'id'),
      index: typeof index === 'number' && index >= 0 ? index : null,
      component: typeof component === 'number' && component >= 0 ? component : null,
    },
    level: textAt(result, 'level'),
    score: typeof score === 'number' || typeof score === 'string' ? Number(score) : null,
    // Cut as the words that identify it are: what is past this is never used.
    message: { text: text === null ? null : clip(text, 2000), id: textAt(message, 'id') },
    file: clip(textAt(objectAt(physical, 'artifactLocation'), 'uri') ?? '', 2000),
    line: typeof line === 'number' ? line : null,
    identity: identityOf(result, physical),
    purl: textAt(objectAt(result, 'properties'), 'purl'),
    cwe: weaknesses(objectAt(result, 'properties'), objectsIn(member(result, 'taxa'))),
    suppressed: (objectsAt(result, 'suppressions') ?? []).some((one) => ['accepted', null].includes(textAt(one, 'status'))),
  };
}

function addPending(one: Pending, { tool, rules }: Run, findings: FindingList): void {
  const { id, rule } = ruleOf(one, rules);
  const named = textAt(objectAt(objectAt(rule, 'messageStrings'), one.message.id ?? ''), 'text');
  const message = one.message.text ?? named ?? textAt(objectAt(rule, 'shortDescription'), 'text') ?? '';
  const tags = tagsOf(rule);
  findings.add({
    tool,
    rule: id,
    severity: severityOf(one, rule),
    location: one.line === null ? one.file : `${one.file}:${one.line}`,
    file: one.file,
    identity: one.identity ?? ['message', steadyWords(message)],
    cve: vulnerabilityIn([id, ...tags, message]),
    cwe: [
      ...weaknesses(
        objectAt(rule, 'properties'),
        objectsIn(member(rule, 'relationships')).map((relation) => objectAt(relation, 'target')),
      ),
      ...one.cwe,
    ],
    purl: one.purl,
    suppressed: one.suppressed,
    message,
  });
}

type Rules = {
  readonly byId: ReadonlyMap<string, JsonObject>;
  readonly driver: readonly JsonObject[];
  readonly extensions: readonly (readonly JsonObject[])[];
};

function rulesOf(run: JsonObject, driver: JsonObject | null): Rules {
  const own = objectsAt(driver, 'rules') ?? [];
  const extensions = (objectsAt(objectAt(run, 'tool'), 'extensions') ?? []).map((extension) => objectsAt(extension, 'rules') ?? []);
  const byId = new Map<string, JsonObject>();
  for (const rule of [...extensions.flat(), ...own]) {
    const id = textAt(rule, 'id');
    if (id !== null) byId.set(id, rule);
  }
  return { byId, driver: own, extensions };
}

/** Section 3.27.5 to 3.27.7: by index where there is one, else by id; `CA2101/1` is a part of rule `CA2101`. */
function ruleOf(
  { rule: { id: given, index, component } }: Pending,
  rules: Rules,
): { readonly id: string; readonly rule: JsonObject | null } {
  const list = component === null ? rules.driver : (rules.extensions[component] ?? []);
  const indexed = index === null ? null : (list[index] ?? null);
  const id = given ?? textAt(indexed, 'id') ?? 'unknown';
  return { id, rule: indexed ?? rules.byId.get(id) ?? rules.byId.get(id.split('/', 1)[0] ?? id) ?? null };
}

/**
 * The weaknesses that a rule or a result belongs to: in its tags (`external/cwe/cwe-79`), in a property of that name, and
 * by reference to CWE's taxonomy (sections 3.27.8 and 3.53).
 */
function weaknesses(properties: JsonObject | null, taxa: readonly (JsonObject | null)[]): number[] {
  const said = [...texts(member(properties, 'tags')), ...texts(member(properties, 'cwe'))];
  const named = said.flatMap((text) => /\bcwe-(\d{1,6})\b/i.exec(text.slice(0, 500))?.[1] ?? []);
  const listed = taxa.flatMap((taxon) =>
    /^cwe$/i.test(textAt(objectAt(taxon, 'toolComponent'), 'name') ?? '')
      ? (/^(?:CWE-)?(\d{1,6})$/i.exec(textAt(taxon, 'id') ?? '')?.[1] ?? [])
      : [],
  );
  return [...new Set([...named, ...listed].map(Number))].slice(0, 20);
}

function texts(value: unknown): string[] {
  return typeof value === 'string' ? [value] : Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}

function tagsOf(rule: JsonObject | null): string[] {
  return texts(member(objectAt(rule, 'properties'), 'tags'));
}

const LEVELS: Readonly<Record<string, Severity>> = { error: 'high', warning: 'medium', note: 'info', none: 'info' };

/** `security-severity` (0 to 10) where given; else the level, by default the rule's, by default `warning` (section 3.27.10). */
function severityOf({ score, level: given, kind }: Pending, rule: JsonObject | null): Severity {
  const own = member(objectAt(rule, 'properties'), 'security-severity');
  const rated = score ?? (typeof own === 'number' || typeof own === 'string' ? Number(own) : null);
  if (rated !== null) return severityOfScore(rated);
  if (given === null && kind !== 'fail') return kind === 'informational' ? 'info' : 'medium';
  const level = given ?? textAt(objectAt(rule, 'defaultConfiguration'), 'level') ?? 'warning';
  return LEVELS[level] ?? 'high';
}

/** What stands where a fingerprint would: Semgrep gives none to who has not signed in, and all its findings would be one. */
const NO_PRINTS: ReadonlySet<unknown> = new Set(['requires login', '', null]);

/** The tool's own fingerprints, or the code found; null where only the message says what it is. */
function identityOf(result: JsonObject, physical: JsonObject | null): unknown {
  for (const key of ['fingerprints', 'partialFingerprints']) {
    const given = Object.entries(objectAt(result, key) ?? {}).filter(([, value]) => !NO_PRINTS.has(value));
    if (given.length > 0) return [key, JSON.stringify(given.sort()).toWellFormed()];
  }
  for (const key of ['region', 'contextRegion']) {
    const snippet = textAt(objectAt(objectAt(physical, key), 'snippet'), 'text');
    if (snippet !== null && snippet.trim() !== '') return ['snippet', snippet.replace(/\s+/g, ' ').trim().toWellFormed()];
  }
  return null;
}
