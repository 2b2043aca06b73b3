import { renderDiagnostics, type Diagnostic } from '../kernel/diagnostic.ts';
import { Problem } from '../kernel/problem.ts';

/** A diagnostic as routes answer it. */
export type Placed = Pick<Diagnostic, 'code' | 'severity' | 'message' | 'remedy'> & {
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
};

/** What the server found in `text`, each with its line and the words underlined, under the name that the file has here. */
export function pointedAt(text: string, file: string, found: readonly Placed[]): string {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  const position = (line: number, column: number) => ({ line, column, offset: (starts[line - 1] ?? text.length) + column - 1 });
  const diagnostics = found.map(({ line, column, endLine, endColumn, ...rest }) => ({
    ...rest,
    file,
    range: { start: position(line, column), end: position(endLine, endColumn) },
  }));
  return renderDiagnostics(text, diagnostics);
}

/**
 * Does `ask`, and where the server refuses `text` for errors in it, shows each with its line and the words underlined, under
 * the name of `file` where one is given. The code and the data of the problem stay as they came.
 */
export async function pointingAt<Answer>(text: string, ask: () => Promise<Answer>, file?: string): Promise<Answer> {
  try {
    return await ask();
  } catch (error) {
    const found = error instanceof Problem ? diagnosticsIn(error) : [];
    const diagnostics = file === undefined ? found : found.map((one) => ({ ...one, file }));
    if (!(error instanceof Problem) || diagnostics.length === 0) throw error;
    throw new Problem({
      code: error.code,
      status: error.status,
      sentence: `${renderDiagnostics(text, diagnostics)}\n\n${summary(diagnostics)}`,
      remedy: 'Correct the places shown and repeat this.',
      data: error.data,
    });
  }
}

/** `2 errors and 1 warning.` */
export function summary(diagnostics: readonly Pick<Diagnostic, 'severity'>[]): string {
  const say = (n: number, word: string): string[] => (n === 0 ? [] : [`${n} ${word}${n === 1 ? '' : 's'}`]);
  const errors = diagnostics.filter((one) => one.severity === 'error').length;
  return `${[...say(errors, 'error'), ...say(diagnostics.length - errors, 'warning')].join(' and ') || 'No errors'}.`;
}

function diagnosticsIn(problem: Problem): readonly Diagnostic[] {
  const found = problem.data['diagnostics'];
  return Array.isArray(found) ? found.filter(isDiagnostic) : [];
}

function isDiagnostic(value: unknown): value is Diagnostic {
  const one = value as Partial<Diagnostic> | null;
  return (
    typeof one?.message === 'string' &&
    typeof one.remedy === 'string' &&
    Number.isInteger(one.range?.start?.line) &&
    Number.isInteger(one.range?.end?.line)
  );
}
