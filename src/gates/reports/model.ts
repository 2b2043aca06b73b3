import type { Digest } from '../../kernel/digest.ts';

/**
 * What reports say, in one model for all formats. A report that can't be read in full says nothing at all: there is no
 * partial reading, because half a report is how a failure hides.
 */
export const REPORT_KINDS = ['junit', 'lcov', 'cobertura', 'sarif', 'cyclonedx'] as const;
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
  /** The tool or the source says that this one doesn't count. It still counts here: only a waiver lifts a finding. */
  readonly suppressed: boolean;
  readonly message: string;
};

export type SbomCounts = { readonly components: number; readonly withPurl: number; readonly specVersion: string };

export type Contents = {
  readonly tests?: TestCounts;
  readonly coverage?: CoverageCounts;
  readonly findings?: readonly Finding[];
  readonly sbom?: SbomCounts;
};

/** What became of a report. Only `ok` speaks. */
export type Reading =
  { readonly state: 'ok'; readonly contents: Contents } | { readonly state: 'unreadable' | 'empty'; readonly reason: string };
export type ReportState = Reading['state'] | 'missing';

/** Why a report says nothing. Readers throw it; `readReport` catches it and nothing else. */
export class ReportFault extends Error {
  readonly state: 'unreadable' | 'empty';
  constructor(reason: string, state: 'unreadable' | 'empty' = 'unreadable') {
    super(reason);
    this.state = state;
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
