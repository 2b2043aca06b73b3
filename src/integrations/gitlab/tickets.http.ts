import { path } from '../connections/vendor.ts';
import { at, instant, link, NAME, text } from '../forges/loose.ts';
import { ownIssue } from '../tickets/own-issue.ts';
import type { TicketSeen, Tracker } from '../tickets/tracker.ts';
import { gitlabForge } from './forge.http.ts';

/** Issues of GitLab (API v4, "Single project issue"). */
export const gitlabTickets: Tracker = {
  vendor: 'gitlab',
  mine: (connection, key, repository) => ownIssue(key, repository === null ? null : gitlabForge.pathOf(connection, repository)),
  async read(caller, name) {
    const mark = name.lastIndexOf('#');
    const answer = await caller.ask({ path: `projects/${path(name.slice(0, mark))}/issues/${path(name.slice(mark + 1))}`, expect: [404] });
    return answer.status === 200 ? gitlabTicket(answer.json) : null;
  },
};

/** What the answer for one issue says. */
export function gitlabTicket(json: unknown): TicketSeen | null {
  const title = text(at(json, 'title'), 300);
  const state = text(at(json, 'state'), NAME);
  if (title === null) return null;
  return {
    title,
    type: text(at(json, 'issue_type') ?? at(json, 'type'), 100),
    state: state === 'closed' ? 'done' : 'open',
    status: state,
    fixVersion: text(at(json, 'milestone', 'title'), 300),
    url: link(at(json, 'web_url')),
    changedAt: instant(at(json, 'updated_at')),
  };
}
