import type { Diagnostic } from '../../kernel/diagnostic.ts';

/** A diagnostic as it goes over the wire: line and column of its words, from 1. */
export function placed({ code, severity, message, remedy, range }: Diagnostic) {
  const { start, end } = range;
  return { code, severity, message, remedy, line: start.line, column: start.column, endLine: end.line, endColumn: end.column };
}
