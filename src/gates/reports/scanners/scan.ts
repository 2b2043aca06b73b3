import type { JsonDocument, JsonFormat } from '../format.ts';
import { FindingList, steadyWords, vulnerabilityIn } from '../finding.ts';
import type { JsonObject } from '../json.ts';
import { asObject, member } from '../json.ts';
import type { Contents, Finding, Severity } from '../model.ts';

/** A finding as a scanner's format tells it. */
export type Found = {
  readonly rule: string;
  readonly severity: Severity;
  readonly message: string;
  /** A path, an address, or what was looked at; empty where the tool names none. */
  readonly file?: string | null;
  readonly line?: number | null;
  /** What identifies it beside tool, rule and file, and outlives a move of lines. By default the words of its message. */
  readonly identity?: unknown;
  /** Findings with the same key are one: tools repeat one defect for each path that leads to it. */
  readonly once?: unknown;
  readonly names?: readonly (string | null)[];
} & Partial<Pick<Finding, 'purl' | 'component' | 'fixedIn' | 'cwe' | 'suppressed' | 'vex'>>;

/** Collects the findings of one tool. */
export class Scan {
  readonly #list = new FindingList();
  readonly #once = new Set<string>();
  readonly #tool: string;

  constructor(tool: string) {
    this.#tool = tool;
  }

  add(found: Found, tool = this.#tool): void {
    const { rule, severity, message, file, line, identity, once, names = [], ...rest } = found;
    if (once !== undefined) {
      const key = JSON.stringify([tool, once]);
      if (this.#once.has(key)) return;
      this.#once.add(key);
    }
    const known = [...new Set(names.filter((name): name is string => name !== null && name !== ''))];
    const cve = vulnerabilityIn([...known, rule]) ?? vulnerabilityIn([message]);
    const place = file ?? '';
    this.#list.add({
      ...rest,
      tool,
      rule,
      severity,
      message,
      file: place,
      location: line === null || line === undefined || line <= 0 ? place : `${place}:${line}`,
      identity: identity ?? ['message', steadyWords(message)],
      cve,
      aliases: known.filter((name) => name !== cve && name !== rule),
    });
  }

  get contents(): Contents {
    return this.#list.contents;
  }
}

const WORDS: Readonly<Record<string, Severity>> = {
  critical: 'critical', blocker: 'critical', urgent: 'critical', fatal: 'critical',
  high: 'high', error: 'high', important: 'high', severe: 'high', serious: 'high',
  medium: 'medium', moderate: 'medium', warning: 'medium', warn: 'medium', major: 'medium', average: 'medium',
  low: 'low', minor: 'low', note: 'low', style: 'low', trivial: 'low', notice: 'low',
  info: 'info', information: 'info', informational: 'info', negligible: 'info', none: 'info', unknown: 'info', undefined: 'info', ignore: 'info', trace: 'info', recommendation: 'info',
}; // prettier-ignore

/** A tool's word for how bad something is. A word that nobody knows, or none, is `otherwise`. */
export function severityOf(word: unknown, otherwise: Severity = 'medium'): Severity {
  const key = typeof word === 'string' ? word.trim().toLowerCase() : '';
  return Object.hasOwn(WORDS, key) ? (WORDS[key] ?? otherwise) : otherwise;
}

/** Numbers of weaknesses in what a tool writes of them: `CWE-79`, `79`, `CWE-79: words`, a list of these. */
export function cweIn(value: unknown): number[] {
  if (typeof value === 'number') return [value];
  if (Array.isArray(value)) return value.flatMap(cweIn);
  if (typeof value !== 'string') return [];
  const named = [...value.slice(0, 2000).matchAll(/\bCWE[-_ ]?(\d{1,6})\b/gi)].map((found) => Number(found[1]));
  return named.length > 0 ? named : /^\d{1,6}$/.test(value.trim()) ? [Number(value.trim())] : [];
}

/** The strings of a list, or the one string. */
export function texts(value: unknown): string[] {
  return typeof value === 'string' ? [value] : Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];
}

/** A string or a number as text, or null. */
export function word(object: JsonObject | null | undefined, key: string): string | null {
  const value = member(object, key);
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : null;
}

/** A whole number, also where it is written as text. */
export function lineAt(object: JsonObject | null | undefined, key: string): number | null {
  const value = member(object, key);
  return typeof value === 'number' && Number.isSafeInteger(value)
    ? value
    : typeof value === 'string' && /^\d{1,9}$/.test(value)
      ? Number(value)
      : null;
}

type Is = (root: JsonObject, document: JsonDocument) => boolean;
type ReadInto = (scan: Scan, root: JsonObject, document: JsonDocument) => void;

/** A scanner's format: one object. */
export function objectFormat(id: string, tool: string, is: Is, read: ReadInto): JsonFormat {
  return scannerFormat(id, tool, (root, document) => document.list === null && document.values.length === 1 && is(root, document), read);
}

/** A scanner's format: a list of objects, of which `root` is the first. */
export function listFormat(id: string, tool: string, is: Is, read: (scan: Scan, items: readonly JsonObject[]) => void): JsonFormat {
  return scannerFormat(
    id,
    tool,
    (root, document) => document.list !== null && document.list.length > 0 && is(root, document),
    (scan, _, document) => read(scan, document.list?.map((one) => asObject(one) ?? {}) ?? []),
  );
}

/** A scanner's format: objects one after another, or one alone. */
export function streamFormat(id: string, tool: string, is: Is, read: (scan: Scan, items: readonly JsonObject[]) => void): JsonFormat {
  return scannerFormat(
    id,
    tool,
    (root, document) => document.list === null && is(root, document),
    (scan, _, document) =>
      read(
        scan,
        document.values.map((one) => asObject(one) ?? {}),
      ),
  );
}

export function scannerFormat(id: string, tool: string, is: Is, read: ReadInto): JsonFormat {
  return {
    id,
    topics: ['findings'],
    is: (document) => is(document.root, document),
    read: (document) => {
      const scan = new Scan(tool);
      read(scan, document.root, document);
      return scan.contents;
    },
  };
}
