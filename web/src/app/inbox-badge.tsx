import { useEffect, type ReactNode } from 'react';
import type { inbox } from '../../../src/contract/inbox.ts';
import { useAnswer } from '../api/query.ts';

/** Facts after which something else may wait for me. */
export const INBOX_LIVE = ['approval', 'release', 'deployment', 'waiver', 'environment', 'service', 'policy', 'role', 'freeze'];

/** How much waits for me, beside the menu's word, and before the title of every page: `(3) shop 1.2.0`. */
export function InboxBadge(): ReactNode {
  const asked = useAnswer<typeof inbox>('/v1/inbox', {}, { live: INBOX_LIVE });
  const count = asked.data?.items.length ?? 0;
  useTitleCount(count);
  if (count === 0) return null;
  return (
    <span className="ml-auto rounded-full bg-accent-ground px-1.5 text-xs font-semibold text-on-accent">
      {count}
      {asked.data?.more === true ? '+' : ''}
      <span className="sr-only"> waiting for you</span>
    </span>
  );
}

/** Keeps the count before whatever title a page gives itself. */
function useTitleCount(count: number): void {
  useEffect(() => {
    const title = document.querySelector('title');
    const write = (): void => {
      const bare = document.title.replace(/^\(\d+\) /, '');
      const wanted = count === 0 ? bare : `(${count}) ${bare}`;
      if (document.title !== wanted) document.title = wanted;
    };
    write();
    if (title === null) return;
    const watch = new MutationObserver(write);
    watch.observe(title, { childList: true, characterData: true, subtree: true });
    return () => watch.disconnect();
  }, [count]);
}
