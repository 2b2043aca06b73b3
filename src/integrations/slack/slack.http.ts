import type { Slack, SlackAnswer } from '../../comms/chat/slack.port.ts';
import { callerFor } from '../connections/caller.http.ts';
import { listRows, rowById, rowByName } from '../connections/connection.store.ts';
import { openCredential } from '../connections/credential.system.ts';
import { slack } from './index.ts';

/** What an edit answers where the message is not there any more, or can't be edited any more: it is posted anew. */
const ANEW = new Set(['message_not_found', 'cant_update_message', 'edit_window_closed']);
/** What Slack answers where the same would be right a little later. */
const LATER = new Set([
  'ratelimited',
  'rate_limited',
  'internal_error',
  'fatal_error',
  'service_unavailable',
  'request_timeout',
  'team_added_to_org',
  'accesslimited',
]);

/** Slack's Web API (https://docs.slack.dev/apis/web-api): parameters as a form, and `ok` in the answer says how it went. */
export const slackApi: Slack = {
  async call(floor, org, connection, method, fields): Promise<SlackAnswer> {
    const caller = await callerFor(floor, org, connection, () => slack);
    // The description of views.open knows it as GET; what writes messages is a POST, which is not repeated by itself.
    const asked = method === 'views.open' ? { path: method, query: fields } : { method: 'POST' as const, path: method, form: fields };
    const { json } = await caller.ask(asked);
    const { ok, error, channel, ts } = (json ?? {}) as { ok?: unknown; error?: unknown; channel?: unknown; ts?: unknown };
    if (ok === true) return { ok: true, channel: textOf(channel), ts: textOf(ts) };
    const said = typeof error === 'string' ? error.slice(0, 100) : 'no error that could be read';
    return { ok: false, error: said, how: ANEW.has(said) ? 'anew' : LATER.has(said) || typeof error !== 'string' ? 'later' : 'refused' };
  },
  async signing(tx, connection) {
    const row = await rowById(tx, connection);
    if (row === null || row.vendor !== slack.name) return null;
    const secret = (await openCredential(tx, row))['signingSecret'];
    return secret === undefined ? null : { org: row.org, name: row.name, secret };
  },
  async connection(tx, name) {
    const row = await rowByName(tx, name);
    return row === null || row.vendor !== slack.name ? null : row.id;
  },
  names: async (tx) => new Map((await listRows(tx)).map((row) => [row.id, row.name])),
};

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value.length <= 100 ? value : null;
}
