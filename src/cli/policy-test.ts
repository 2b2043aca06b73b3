import { runExamples, runOwnExamples } from '../gates/policy/examples.ts';
import { readRequirements } from '../gates/policy/read-requirements.ts';
import { readPolicy } from '../gates/policy/read.ts';
import { renderDiagnostics, type Diagnostic } from '../kernel/diagnostic.ts';
import { plain, table } from './terminal.ts';

type Told = { readonly code: string; readonly message: string; readonly line: number; readonly column: number };

export type PolicyTest = {
  readonly file: string;
  readonly passed: boolean;
  readonly errors: readonly Told[];
  /** What is no error and yet not meant: checks that are asked nowhere. */
  readonly warnings: readonly Told[];
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
  const text = [
    ...(own.length === 0 ? [] : [table(own), '']),
    'The usual cases in front of production, for tier 1, 2 and 3 (allow: it passes, or the check only warns):',
    table(others),
    '',
    ...warned(source, read.warnings),
    `${file}: ${examplesWords(examples.length)}`,
  ].join('\n');
  return { text, answer: { file, passed: true, errors: [], warnings: read.warnings.map(told), examples, usual } };
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
  const head = rows.length === 0 ? [] : [table(rows), ''];
  const text = [...head, ...warned(source, read.warnings), `${file}: ${examplesWords(examples.length)}`].join('\n');
  return { text, answer: { file, passed: true, errors: [], warnings: read.warnings.map(told), examples, usual: [] } };
}

function examplesWords(count: number): string {
  if (count === 0) return 'no errors. It has no examples of its own that say what it must answer.';
  return count === 1 ? 'its one example holds.' : `its ${count} examples hold.`;
}

function warned(source: string, warnings: readonly Diagnostic[]): string[] {
  return warnings.length === 0 ? [] : [renderDiagnostics(source, warnings), ''];
}

function failed(source: string, file: string, diagnostics: readonly Diagnostic[]): { readonly text: string; readonly answer: PolicyTest } {
  return {
    text: `${renderDiagnostics(source, diagnostics)}\n${file}: FAILED`,
    answer: { file, passed: false, errors: diagnostics.map(told), warnings: [], examples: [], usual: [] },
  };
}

function told({ code, message, range }: Diagnostic): Told {
  return { code, message, line: range.start.line, column: range.start.column };
}
