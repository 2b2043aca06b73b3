import { renderDiagnostics, type Diagnostic } from '../kernel/diagnostic.ts';
import { Problem } from '../kernel/problem.ts';

/**
 * Does `ask`, and where the server refuses `text` for errors in it, shows each with its line and the words underlined.
 * The code and the data of the problem stay as they came.
 */
export async function pointingAt<Answer>(text: string, ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask();
  } catch (error) {
    const diagnostics = error instanceof Problem ? diagnosticsIn(error) : [];
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
