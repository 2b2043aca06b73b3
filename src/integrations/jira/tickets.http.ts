import { path } from '../connections/vendor.ts';
import { at, instant, LINE, list, NAME, text } from '../forges/loose.ts';
import type { TicketSeen, Tracker } from '../tickets/tracker.ts';
import { projectsOf } from './index.ts';

const REJECTED = /^(?:won'?t |will not )|duplicate|cannot|declin|reject|invalid|obsolete|abandon|cancel/i;

/** Jira's REST API 2, which Cloud and Data Center both answer. */
export const jiraTickets: Tracker = {
  vendor: 'jira',
  mine(connection, key) {
    const project = /^([A-Z][A-Z0-9_]{1,19})-[1-9]\d{0,8}$/.exec(key)?.[1];
    return project !== undefined && projectsOf(connection.settings['projects'] ?? '').includes(project) ? key : null;
  },
  async read(caller, key) {
    const fields = 'summary,issuetype,status,resolution,fixVersions,updated';
    const answer = await caller.ask({ path: `api/2/issue/${path(key)}`, query: { fields }, expect: [404] });
    return answer.status === 404 ? null : jiraTicket(answer.json, webOf(caller.connection.url, key));
  },
};

/** What the answer for one issue says. A category that is not known is no end. */
export function jiraTicket(json: unknown, url: string | null): TicketSeen | null {
  const title = text(at(json, 'fields', 'summary'), 300);
  if (title === null) return null;
  const category = text(at(json, 'fields', 'status', 'statusCategory', 'key'), NAME);
  const resolution = text(at(json, 'fields', 'resolution', 'name'), NAME);
  const versions = list(at(json, 'fields', 'fixVersions')).flatMap((one) => text(at(one, 'name'), 100) ?? []);
  return {
    title,
    type: text(at(json, 'fields', 'issuetype', 'name'), 100),
    state: category !== 'done' ? 'open' : resolution !== null && REJECTED.test(resolution) ? 'rejected' : 'done',
    status: text(at(json, 'fields', 'status', 'name'), 100),
    fixVersion: versions.length === 0 ? null : versions.join(', ').slice(0, 300).toWellFormed(),
    url,
    changedAt: instant(jiraInstant(at(json, 'fields', 'updated'))),
  };
}

/** Jira writes `2026-11-23T15:28:01.000+0200`. */
function jiraInstant(value: unknown): unknown {
  const raw = text(value, LINE);
  return raw === null ? null : raw.replace(/([+-]\d\d)(\d\d)$/, '$1:$2');
}

function webOf(api: string, key: string): string | null {
  const url = URL.parse(api.replace(/\/?$/, '/'));
  return url === null ? null : new URL(`../browse/${path(key)}`, url).href;
}
