import type { Trust } from '../../contract/runner.ts';
import type { Told } from '../../kernel/told.ts';
import type { Instant } from '../../kernel/time.ts';
import { atLeast } from '../trust.ts';

/** Which run of which system. A rerun there is another attempt, and another run here. */
export type External = { readonly system: string; readonly id: string; readonly attempt: number };

export type Outcome = 'succeeded' | 'failed' | 'cancelled';

/** One thing that was told of a recorded run. */
export type Word = {
  readonly kind: 'run' | 'job' | 'artifact' | 'report';
  /** The job it is about; '' where it is about the run as a whole. */
  readonly job: string;
  readonly name: string;
  readonly phase: 'started' | 'ended' | 'made';
  readonly body: WordBody;
  readonly told: Told;
  readonly trust: Trust;
  readonly at: Instant;
};

export type WordBody = {
  readonly ref?: string | null;
  readonly url?: string | null;
  readonly outcome?: Outcome;
  readonly startedAt?: Instant | null;
  readonly finishedAt?: Instant | null;
  readonly digest?: string;
  readonly kind?: string;
  readonly artifact?: string | null;
  readonly speaksFor?: string | null;
};

export type JobStanding = {
  readonly name: string;
  readonly state: 'running' | Outcome;
  readonly startedAt: Instant | null;
  readonly finishedAt: Instant | null;
};

/** What a recorded run is, by everything that was told of it. */
export type RunStanding = {
  readonly state: 'running' | Outcome;
  readonly trust: Trust;
  readonly ref: string | null;
  readonly url: string | null;
  readonly startedAt: Instant | null;
  readonly finishedAt: Instant | null;
  /** By name. */
  readonly jobs: readonly JobStanding[];
};

/**
 * Folds the words into what they say of the run. The order in which they came makes no difference: sets are compared
 * by least and greatest, never by first and last. The run is as trusted as the least trusted word about it. A job of
 * which no end was told ended as its run did.
 */
export function standingOf(words: readonly Word[]): RunStanding {
  const ended = words.find(({ kind, phase }) => kind === 'run' && phase === 'ended');
  const trust = words.map((word) => word.trust).reduce<Trust>((least, one) => (atLeast(one, least) ? least : one), 'protected');
  const aboutRun = words.filter(({ kind }) => kind === 'run');
  const own = leastOf(aboutRun.map(({ body }) => body.url));
  return {
    state: ended?.body.outcome ?? 'running',
    trust: words.length === 0 ? 'untrusted' : trust,
    ref: leastOf(words.map(({ body }) => body.ref)),
    url: own ?? leastOf(words.map(({ body }) => body.url)),
    startedAt: startOf(aboutRun) ?? leastOf(words.map(({ body, at }) => body.startedAt ?? at)),
    finishedAt: ended === undefined ? null : (ended.body.finishedAt ?? ended.at),
    jobs: [...Map.groupBy(words.filter(({ job }) => job !== ''), ({ job }) => job)]
      .map(([name, own]) => jobOf(name, own, ended))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
  }; // prettier-ignore
}

function jobOf(name: string, words: readonly Word[], ofRun: Word | undefined): JobStanding {
  const own = words.filter(({ kind }) => kind === 'job');
  const ended = own.find(({ phase }) => phase === 'ended') ?? ofRun;
  return {
    name,
    state: ended?.body.outcome ?? 'running',
    startedAt: startOf(own) ?? leastOf(words.map(({ at }) => at)),
    finishedAt: ended === undefined ? null : (ended.body.finishedAt ?? ended.at),
  };
}

function startOf(words: readonly Word[]): Instant | null {
  return leastOf(words.map(({ phase, body, at }) => body.startedAt ?? (phase === 'started' ? at : null)));
}

function leastOf(values: readonly (string | null | undefined)[]): string | null {
  return values.filter((one) => one != null).sort()[0] ?? null;
}
