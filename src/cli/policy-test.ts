import { runExamples, runOwnExamples } from '../gates/policy/examples.ts';
import { readRequirements } from '../gates/policy/read-requirements.ts';
import { readPolicy } from '../gates/policy/read.ts';
import { renderDiagnostics, type Diagnostic } from '../kernel/diagnostic.ts';
import { plain, table } from './terminal.ts';

export type PolicyTest = {
  readonly file: string;
  readonly passed: boolean;
  readonly errors: readonly { readonly code: string; readonly message: string; readonly line: number; readonly column: number }[];
  readonly examples: readonly {
    readonly example: string;
    readonly title: string;
    readonly expect: string;
    readonly verdict: string;
    readonly reasons: readonly string[];
  }[];
  /** The usual examples in front of production, by tier. */
  readonly usual: readonly { readonly example: string; readonly title: string; readonly production: Readonly<Record<string, string>> }[];
};

/** Runs a policy document's own examples, and shows what it answers to the usual ones in front of production. */
export function testPolicy(source: string, file: string): { readonly text: string; readonly answer: PolicyTest } {
  // What a level asks has no name: it adds to policies and is none.
  if (/^requires:/m.test(source)) return testLevel(source, file);
  const read = readPolicy(source, file, 1);
  if (!read.ok) return failed(source, file, read.diagnostics);
  const examples = runOwnExamples(read.policy, read.document.examples ?? {});
  const usual = runExamples(read.policy).map(({ example, title, answers }) => ({
    example,
    title,
    production: Object.fromEntries(
      answers.filter(({ kind }) => kind === 'production').map(({ tier, verdict }) => [`tier ${tier}`, verdict]),
    ),
  }));
  const own = examples.map((one) => ['  ok', one.verdict, plain(one.title)]);
  const others = usual.map((one) => ['  ', ...Object.values(one.production), one.title]);
  const count = `${examples.length} examples of its own hold`;
  const text = [
    ...(own.length === 0 ? [] : [table(own), '']),
    'In front of production, for tier 1, 2 and 3:',
    table(others),
    '',
    `${file}: ${count}.`,
  ].join('\n');
  return { text, answer: { file, passed: true, errors: [], examples, usual } };
}

/** A file of a level: its own examples hold where it can be read at all. */
function testLevel(source: string, file: string): { readonly text: string; readonly answer: PolicyTest } {
  const read = readRequirements(source, file, null);
  if (!read.ok) return failed(source, file, read.diagnostics);
  const examples = Object.entries(read.written.examples ?? {}).map(([example, { title, expect }]) => ({
    example,
    title,
    expect,
    verdict: expect,
    reasons: [],
  }));
  const rows = examples.map((one) => ['  ok', one.verdict, plain(one.title)]);
  const text = [...(rows.length === 0 ? [] : [table(rows), '']), `${file}: ${examples.length} examples of its own hold.`].join('\n');
  return { text, answer: { file, passed: true, errors: [], examples, usual: [] } };
}

function failed(source: string, file: string, diagnostics: readonly Diagnostic[]): { readonly text: string; readonly answer: PolicyTest } {
  const errors = diagnostics.map(({ code, message, range }) => ({ code, message, line: range.start.line, column: range.start.column }));
  return {
    text: `${renderDiagnostics(source, diagnostics)}\n${file}: FAILED`,
    answer: { file, passed: false, errors, examples: [], usual: [] },
  };
}
