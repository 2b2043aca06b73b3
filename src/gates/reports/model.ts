import type { Digest } from '../../kernel/digest.ts';
import type { FailedTest } from './tests/tally.ts';

/**
 * What reports say, in one model for all formats. A report that can't be read in full says nothing at all: there is no
 * partial reading, because half a report is how a failure hides.
 */
export const REPORT_KINDS = ['auto', 'tests', 'coverage', 'findings', 'sbom', 'junit', 'lcov', 'cobertura', 'sarif', 'cyclonedx'] as const;
export type ReportKind = (typeof REPORT_KINDS)[number];

export type TestCounts = {
  readonly total: number;
  readonly passed: number;
  readonly failed: number;
  readonly errored: number;
  readonly skipped: number;
  /** Passed after a failed attempt in the same run, where the tool says so; part of `passed`. */
  readonly flaky: number;
  readonly durationMs: number;
  readonly suites: number;
};

export type Ratio = { readonly covered: number; readonly total: number };
export type CoverageCounts = { readonly lines: Ratio; readonly branches: Ratio | null; readonly files: number };

export const SEVERITIES = ['critical', 'high', 'medium', 'low', 'info'] as const;
export type Severity = (typeof SEVERITIES)[number];

export type SeverityCounts = Readonly<Record<Severity, number>>;

export type Finding = {
  readonly tool: string;
  readonly rule: string;
  readonly severity: Severity;
  /** `path:line`, or empty where the tool names none. */
  readonly location: string;
  /** Survives line moves: made from the tool's own fingerprints or the words found, never from the line number. */
  readonly fingerprint: Digest;
  readonly cve: string | null;
  readonly purl: string | null;
  /** What holds the defect where there is no purl: `name@version`. */
  readonly component: string | null;
  /** The first version without it, as the tool tells it. */
  readonly fixedIn: string | null;
  /** Numbers of the Common Weakness Enumeration. */
  readonly cwe: readonly number[];
  /** Other names of the same vulnerability. */
  readonly aliases: readonly string[];
  /** The tool or the source says that this one doesn't count. It still counts here: only a waiver or VEX lifts a finding. */
  readonly suppressed: boolean;
  /** The statement of a VEX document that clears it or doubts it, as it was read. */
  readonly vex: Vex | null;
  readonly message: string;
};

/** What a VEX statement says of one vulnerability in one product (OpenVEX, CSAF and CycloneDX have the same four words). */
export type Vex = {
  readonly status: 'not_affected' | 'affected' | 'fixed' | 'under_investigation';
  readonly justification: string | null;
  /** Why, in words. */
  readonly statement: string | null;
  /** The format that it was read from, and who said it. */
  readonly source: string;
};

/** One statement of a VEX document: about these names of one vulnerability, in these products (none: in all). */
export type VexStatement = Vex & {
  readonly vulnerability: string;
  readonly aliases: readonly string[];
  readonly products: readonly string[];
};

export type SbomCounts = { readonly components: number; readonly withPurl: number; readonly specVersion: string };

export type Contents = {
  readonly tests?: TestCounts;
  readonly coverage?: CoverageCounts;
  readonly findings?: readonly Finding[];
  /** Findings past the most that are kept: they count, and have no words of their own. */
  readonly beyond?: SeverityCounts;
  readonly sbom?: SbomCounts;
  /** What a VEX document says of vulnerabilities, for reports of the same run to be judged with. */
  readonly statements?: readonly VexStatement[];
  /** Tests that did not pass, in words, as many as were asked for. */
  readonly failures?: readonly FailedTest[];
};

/** What became of a report. Only `ok` speaks. `format` is what the bytes show it to be. */
export type Reading = Read | Unread;
export type Read = { readonly state: 'ok'; readonly format: string; readonly contents: Contents };
export type Unread = {
  readonly state: 'unreadable' | 'empty';
  readonly reason: string;
  readonly format: string | null;
  /** What was counted all the same, for people to look at; never for a gate. */
  readonly contents: Contents | null;
  readonly place: Place | null;
};
export type ReportState = Reading['state'] | 'missing';

/** Where in a file something is: the first line and the first column are 1. */
export type Place = { readonly line: number; readonly column: number };

/**
 * Why a report says nothing. Readers throw it; `readReport` catches it and nothing else. `contents`: what was counted
 * all the same of a report that could be read to its end, for people to look at; a gate never sees it.
 */
export class ReportFault extends Error {
  readonly state: 'unreadable' | 'empty';
  readonly contents: Contents | undefined;
  readonly place: Place | undefined;
  constructor(
    reason: string,
    state: 'unreadable' | 'empty' = 'unreadable',
    more: { readonly contents?: Contents; readonly place?: Place } = {},
  ) {
    super(reason);
    this.state = state;
    this.contents = more.contents;
    this.place = more.place;
  }
}

/** Bytes of a report as they come. */
export type ByteStream = AsyncIterable<Uint8Array>;

/** Upper limits: they hold for every format. */
export const LIMITS = {
  bytes: 200 * 1024 * 1024,
  /** A JSON document is held in memory as a whole. */
  jsonBytes: 64 * 1024 * 1024,
  depth: 200,
  text: 10 * 1024 * 1024,
  findings: 20_000,
} as const;

/** `text` on one line, cut to `length` characters, without control characters. */
export function clip(text: string, length: number): string {
  const flat = text.replace(/[\p{Cc}\s]+/gu, ' ').trim();
  return flat.length <= length ? flat.toWellFormed() : `${flat.slice(0, length - 1)}…`.toWellFormed();
}
