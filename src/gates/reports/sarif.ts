import { FindingList, severityOfScore, steadyWords, vulnerabilityIn } from './finding.ts';
import type { JsonObject } from './json.ts';
import { member, objectAt, objectsAt, textAt } from './json.ts';
import type { Contents, Severity } from './model.ts';
import { ReportFault } from './model.ts';

/**
 * SARIF 2.1.0 (OASIS). Results count, but for those that say themselves that they are none (kind `pass` or
 * `notApplicable`) or are gone (baselineState `absent`). A run whose tool says that it did not succeed, or that holds
 * no `results` at all (section 3.14.23: it did not look), refuses the report.
 */
export function readSarif(log: JsonObject): Contents {
  const version = textAt(log, 'version');
  if (version === null || !/^2\.1\.0(?:-|$)/.test(version))
    throw new ReportFault(
      version === null ? 'the document is no SARIF log: it has no version' : `SARIF ${version.slice(0, 40)} is not read, 2.1.0 is`,
    );
  const runs = objectsAt(log, 'runs');
  if (runs === null || runs.length === 0) throw new ReportFault('the log has no run', 'empty');
  const findings = new FindingList();
  for (const run of runs) readRun(run, findings);
  return findings.contents;
}

function readRun(run: JsonObject, findings: FindingList): void {
  const driver = objectAt(objectAt(run, 'tool'), 'driver');
  const tool = textAt(driver, 'name');
  if (tool === null) throw new ReportFault('a run names no tool');
  for (const invocation of objectsAt(run, 'invocations') ?? []) {
    if (member(invocation, 'executionSuccessful') === false)
      throw new ReportFault(`${tool.slice(0, 100)} says that its run did not succeed`);
  }
  const results = objectsAt(run, 'results');
  if (results === null) throw new ReportFault(`the run of ${tool.slice(0, 100)} has no results: the tool did not look`, 'empty');
  const rules = rulesOf(run, driver);
  for (const result of results) readResult(tool, result, rules, findings);
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
function ruleOf(result: JsonObject, rules: Rules): { readonly id: string; readonly rule: JsonObject | null } {
  const reference = objectAt(result, 'rule');
  const index = member(result, 'ruleIndex') ?? member(reference, 'index');
  const component = member(objectAt(reference, 'toolComponent'), 'index');
  const list = typeof component === 'number' && component >= 0 ? (rules.extensions[component] ?? []) : rules.driver;
  const indexed = typeof index === 'number' && index >= 0 ? (list[index] ?? null) : null;
  const id = textAt(result, 'ruleId') ?? textAt(reference, 'id') ?? textAt(indexed, 'id') ?? 'unknown';
  return { id, rule: indexed ?? rules.byId.get(id) ?? rules.byId.get(id.split('/', 1)[0] ?? id) ?? null };
}

function readResult(tool: string, result: JsonObject, rules: Rules, findings: FindingList): void {
  const kind = textAt(result, 'kind') ?? 'fail';
  if (kind === 'pass' || kind === 'notApplicable' || textAt(result, 'baselineState') === 'absent') return;
  const { id, rule } = ruleOf(result, rules);
  // Each place that has to be changed is a finding of its own; a result without a place is one.
  const locations = objectsAt(result, 'locations') ?? [];
  for (const location of locations.length === 0 ? [null] : locations) readPlace({ tool, id, rule, kind, result, location }, findings);
}

type Placed = {
  readonly tool: string;
  readonly id: string;
  readonly rule: JsonObject | null;
  readonly kind: string;
  readonly result: JsonObject;
  readonly location: JsonObject | null;
};

function readPlace({ tool, id, rule, kind, result, location }: Placed, findings: FindingList): void {
  const physical = objectAt(location, 'physicalLocation');
  const file = textAt(objectAt(physical, 'artifactLocation'), 'uri') ?? '';
  const region = objectAt(physical, 'region');
  const line = member(region, 'startLine');
  const message = messageOf(result, rule);
  findings.add({
    tool,
    rule: id,
    severity: severityOf(result, rule, kind),
    location: typeof line === 'number' ? `${file}:${line}` : file,
    file,
    identity: identityOf(result, physical, message),
    cve: vulnerabilityIn([id, ...tagsOf(rule), message]),
    purl: textAt(objectAt(result, 'properties'), 'purl'),
    suppressed: (objectsAt(result, 'suppressions') ?? []).some((one) => ['accepted', null].includes(textAt(one, 'status'))),
    message,
  });
}

function messageOf(result: JsonObject, rule: JsonObject | null): string {
  const message = objectAt(result, 'message');
  const named = textAt(objectAt(objectAt(rule, 'messageStrings'), textAt(message, 'id') ?? ''), 'text');
  return textAt(message, 'text') ?? textAt(message, 'markdown') ?? named ?? textAt(objectAt(rule, 'shortDescription'), 'text') ?? '';
}

function tagsOf(rule: JsonObject | null): string[] {
  const tags = member(objectAt(rule, 'properties'), 'tags');
  return Array.isArray(tags) ? tags.filter((tag) => typeof tag === 'string') : [];
}

const LEVELS: Readonly<Record<string, Severity>> = { error: 'high', warning: 'medium', note: 'info', none: 'info' };

/** `security-severity` (0 to 10) where given; else the level, by default the rule's, by default `warning` (section 3.27.10). */
function severityOf(result: JsonObject, rule: JsonObject | null, kind: string): Severity {
  for (const holder of [result, rule]) {
    const score = member(objectAt(holder, 'properties'), 'security-severity');
    if (typeof score === 'number' || typeof score === 'string') return severityOfScore(Number(score));
  }
  const given = textAt(result, 'level');
  if (given === null && kind !== 'fail') return kind === 'informational' ? 'info' : 'medium';
  const level = given ?? textAt(objectAt(rule, 'defaultConfiguration'), 'level') ?? 'warning';
  return LEVELS[level] ?? 'high';
}

function identityOf(result: JsonObject, physical: JsonObject | null, message: string): unknown {
  for (const key of ['fingerprints', 'partialFingerprints']) {
    const given = objectAt(result, key);
    if (given !== null && Object.keys(given).length > 0) return [key, JSON.stringify(Object.entries(given).sort()).toWellFormed()];
  }
  for (const key of ['region', 'contextRegion']) {
    const snippet = textAt(objectAt(objectAt(physical, key), 'snippet'), 'text');
    if (snippet !== null && snippet.trim() !== '') return ['snippet', snippet.replace(/\s+/g, ' ').trim().toWellFormed()];
  }
  return ['message', steadyWords(message)];
}
