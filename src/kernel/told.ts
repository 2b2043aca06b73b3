import { actorLabel, type Actor } from './actor.ts';
import { witnessOf, type Witness } from './witness.ts';

/** Who told us of something that we did not see ourselves, and by what they were recognised. Kept with every record. */
export type Told = {
  /** `bot:bot_...`, `person:per_...`. */
  readonly by: string;
  readonly via: 'session' | 'token' | 'workload' | 'machine';
  /** The verified identity of the job that told it; null for a token, which anybody who has it can use. */
  readonly workload: Witness | null;
};

/** Who tells, from who asks. */
export function toldBy(actor: Actor): Told {
  const by = actorLabel(actor);
  if (actor.kind !== 'person' && actor.kind !== 'bot') return { by, via: 'machine', workload: null };
  const workload = witnessOf(actor);
  return { by, via: workload === null ? actor.credential.kind : 'workload', workload };
}

/** One line for people: by whom, and how sure that is. */
export function toldWords({ by, via, workload }: Told): string {
  if (workload === null) return `${by} with a ${via}`;
  const what = workload.workflow ?? workload.subject;
  return `the workload ${what}${workload.repository === null ? '' : ` of ${workload.repository}`}, as ${workload.issuer} attests`;
}

/**
 * Whether the repository that a workload names is the one at `url`. The issuer must be the one of that host: a token of
 * another forge may name any repository it likes.
 */
export function isRepositoryOf({ issuer, repository }: Witness, url: string): boolean {
  if (repository === null) return false;
  const at = parseUrl(url);
  const from = parseUrl(issuer);
  if (at === null || from === null || from.protocol !== 'https:') return false;
  const host = from.hostname === 'token.actions.githubusercontent.com' ? 'github.com' : from.hostname;
  const path = at.pathname.replace(/^\/+|\/+$/g, '').replace(/\.git$/, '');
  return at.hostname === host && path.toLowerCase() === repository.toLowerCase();
}

/** Host and path of a repository's address, `github.com/acme/shop`: the same for https, ssh and `git@host:path`; null where it is none. */
export function sourceName(url: string): string | null {
  const at = parseUrl(url);
  return at === null || at.hostname === '' ? null : `${at.hostname}/${at.pathname.replace(/^\/+|\/+$/g, '').replace(/\.git$/, '')}`;
}

/** `https://host/path`, `ssh://git@host/path` or `git@host:path` as a URL; null where it is none of them. */
function parseUrl(text: string): URL | null {
  const scp = /^[\w.-]+@([\w.-]+):(?!\/\/)(.+)$/.exec(text);
  return URL.parse(scp === null ? text : `ssh://${scp[1] ?? ''}/${scp[2] ?? ''}`);
}
