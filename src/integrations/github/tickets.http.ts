import { path } from '../connections/vendor.ts';
import { at, instant, link, NAME, text } from '../forges/loose.ts';
import { ownIssue } from '../tickets/own-issue.ts';
import type { TicketSeen, Tracker } from '../tickets/tracker.ts';
import { githubForge } from './forge.http.ts';

/** Issues of GitHub; a pull request has a number of the same row and is no ticket. */
export const githubTickets: Tracker = {
  vendor: 'github',
  mine: (connection, key, repository) => ownIssue(key, repository === null ? null : githubForge.pathOf(connection, repository)),
  async read(caller, name) {
    const [repository = '', number = ''] = name.split('#');
    const [owner = '', repo = ''] = repository.split('/');
    const answer = await caller.ask({ path: `repos/${path(owner, repo)}/issues/${path(number)}`, redirects: 1, expect: [404, 410] });
    return answer.status === 200 ? githubTicket(answer.json) : null;
  },
};

/** What the answer for one issue says. */
export function githubTicket(json: unknown): TicketSeen | null {
  const title = text(at(json, 'title'), 300);
  const state = text(at(json, 'state'), NAME);
  if (title === null || at(json, 'pull_request') != null) return null;
  const why = text(at(json, 'state_reason'), NAME);
  const rejected = why === 'not_planned' || why === 'duplicate';
  return {
    title,
    type: text(at(json, 'type', 'name'), 100),
    state: state !== 'closed' ? 'open' : rejected ? 'rejected' : 'done',
    status: why ?? state,
    fixVersion: text(at(json, 'milestone', 'title'), 300),
    url: link(at(json, 'html_url')),
    changedAt: instant(at(json, 'updated_at')),
  };
}
