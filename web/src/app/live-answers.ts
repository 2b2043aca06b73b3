import { queries } from '../api/query.ts';

/** Facts that come within this time are one reason to ask again. */
const TOGETHER_MS = 120;
/** An answer that is being asked for when a fact arrives is asked for once more after it, not cut off: a busy yard would else never see one. */
const AFTER_MS = 250;

const news = new Set<string>();
const again = new Set<string>();
let timer: ReturnType<typeof setTimeout> | null = null;

/** Asks again what lives by facts of this type, about this subject, or of this service; many facts in a row ask once. */
export function factArrived(type: string, subject: string, service: string | null): void {
  news.add(type.split('.')[0] ?? type);
  news.add(subject);
  if (service !== null) news.add(service);
  timer ??= setTimeout(askAgain, TOGETHER_MS);
}

function askAgain(): void {
  timer = null;
  const heard = new Set(news);
  news.clear();
  const waiting = new Set(again);
  again.clear();
  for (const query of queries.getQueryCache().getAll()) {
    const live = (query.meta?.['live'] ?? []) as readonly string[];
    if (!waiting.has(query.queryHash) && !live.some((name) => heard.has(name))) continue;
    if (query.state.fetchStatus === 'fetching') again.add(query.queryHash);
    else void queries.invalidateQueries({ queryKey: query.queryKey, exact: true });
  }
  if (again.size > 0) timer ??= setTimeout(askAgain, AFTER_MS);
}
