import type { OpaAnswer, OpaQuestion } from '../../gates/policy/opa.ts';
import type { Instant } from '../../kernel/time.ts';
import type { Tx } from '../../platform/floor.ts';

/** What whoever asks an OPA needs of releases, gates and deployments; app/ joins them. */
export type OpaPlaces = {
  /** What is to be asked now for a release in front of an environment; none where there is no such place. */
  questions(tx: Tx, release: string, environment: string): Promise<{ readonly questions: readonly OpaQuestion[]; readonly now: Instant }>;
  keep(tx: Tx, answer: OpaAnswer): Promise<void>;
  /** Where releases are on their way to. */
  open(tx: Tx): Promise<readonly { readonly release: string; readonly environment: string; readonly org: string }[]>;
};
