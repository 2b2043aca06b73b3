import type { ForgeEvent } from './forge-event.ts';

/**
 * What to look at because of what a webhook said. Nothing else of an event has consequences: what is true is then read
 * from the forge, so that events may come twice, late, in any order, or not at all.
 */
export type Look =
  /** The branches and tags of a repository. */
  | { readonly what: 'heads'; readonly repository: string }
  /** One merge request: its state, people and reviews. */
  | { readonly what: 'merge-request'; readonly repository: string; readonly number: number }
  /** The repository itself: renamed, moved, gone, private or not. */
  | { readonly what: 'repository'; readonly repository: string; readonly before: string | null }
  /** What its CI did; `repository` null: the payload names no repository, and its place (a project) instead. `run`: its number, where it is said. */
  | { readonly what: 'ci'; readonly repository: string | null; readonly place: string | null; readonly run: string | null };

/** The looks that events ask for, each once, in the order in which they were first asked for. */
export function looksFor(events: readonly ForgeEvent[]): readonly Look[] {
  const looks = new Map<string, Look>();
  for (const look of events.flatMap(looksOf)) looks.set(JSON.stringify(look), look);
  return [...looks.values()];
}

function looksOf(event: ForgeEvent): readonly Look[] {
  const repository = event.repository?.path ?? null;
  if (event.kind === 'ci')
    return repository === null && event.place === null ? [] : [{ what: 'ci', repository, place: event.place, run: event.id }];
  if (repository === null) return [];
  switch (event.kind) {
    case 'push':
    case 'ref':
      return [{ what: 'heads', repository }];
    case 'merge-request':
    case 'review':
      return [mergeRequest(repository, event.mergeRequest.number), ...(merged(event) ? [{ what: 'heads', repository } as const] : [])];
    case 'comment':
      return event.mergeRequest === null ? [] : [mergeRequest(repository, event.mergeRequest.number)];
    case 'repository':
      return event.action === 'forked' ? [] : [{ what: 'repository', repository, before: event.before }];
    case 'check':
    case 'status':
      return [{ what: 'ci', repository, place: null, run: null }];
    default:
      return [];
  }
}

const mergeRequest = (repository: string, number: number): Look => ({ what: 'merge-request', repository, number });

function merged(event: ForgeEvent): boolean {
  return event.kind === 'merge-request' && event.action === 'merged';
}
