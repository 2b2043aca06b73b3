/** What `ym` answers to the shell. Documented in `ym --help` and docs/guide/run-it.md; never changed. */
export const EXIT = {
  /** Done, and the answer is yes. */
  ok: 0,
  /** What was asked for ended badly: a run failed, a deployment went back, a verification refused. */
  failed: 1,
  /** You asked wrongly: usage, a bad file, something that does not exist. */
  usage: 2,
  /** A decision says no: denied, not allowed, not yours to approve. */
  denied: 3,
  /** A decision says not yet, or that it can not be known: wait, unknown, or the time to wait for it was over. */
  waiting: 4,
  /** No server could be reached, or it could not do it now. */
  unavailable: 5,
  /** A bug in ym. */
  bug: 70,
} as const;
export type Exit = (typeof EXIT)[keyof typeof EXIT];

/** The exit code for a problem of this code and HTTP status. */
export function exitOf(code: string, status: number): Exit {
  if (code.startsWith('client.') || status === 502 || status === 503 || status === 504 || status === 507) return EXIT.unavailable;
  if (status === 401 || status === 403) return EXIT.denied;
  return status >= 500 ? EXIT.bug : EXIT.usage;
}

/** The exit code for a verdict of mayShip. */
export function exitOfVerdict(verdict: 'allow' | 'deny' | 'wait' | 'unknown'): Exit {
  if (verdict === 'allow') return EXIT.ok;
  return verdict === 'deny' ? EXIT.denied : EXIT.waiting;
}
