import { databaseFull, databaseUnavailable } from '../platform.problems.ts';
import type { Problem } from '../../kernel/problem.ts';

/** SQLSTATEs after which the same transaction may simply be run again: serialization failure, deadlock. */
const REPEATABLE = new Set(['40001', '40P01']);
/** Connection lost or refused, server starting or stopping: Class 08 and the shutdown codes of Class 57. */
const GONE = new Set(['57P01', '57P02', '57P03', '53300', 'ECONNREFUSED', 'ECONNRESET', 'ENOENT', 'EPIPE', 'ETIMEDOUT']);
const FULL = new Set(['53100', 'ENOSPC']);

/** The SQLSTATE or errno of a thrown value, or null. */
export function codeOf(error: unknown): string | null {
  if (typeof error !== 'object' || error === null || !('code' in error)) return null;
  return typeof error.code === 'string' ? error.code : null;
}

/** Whether the transaction lost a race and may be run again from its beginning. */
export function isRepeatable(error: unknown): boolean {
  const code = codeOf(error);
  return code !== null && REPEATABLE.has(code);
}

/** The Problem that a database failure is to a caller, or null where it is a bug of ours. */
export function databaseProblem(error: unknown): Problem | null {
  const code = codeOf(error);
  const cause = error instanceof Error ? error.message : String(error);
  if (code !== null && FULL.has(code)) return databaseFull({ cause: code });
  const lost =
    code !== null
      ? GONE.has(code) || code.startsWith('08')
      : /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error/.test(cause);
  return lost ? databaseUnavailable({ cause: code ?? 'connection' }) : null;
}
