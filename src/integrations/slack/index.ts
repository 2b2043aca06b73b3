import { quietByHeaders, type Vendor } from '../connections/vendor.ts';
import { connectionFailed } from './slack.problems.ts';

/** Slack, as an app with a bot token (`chat:write`), and the signing secret where people may act from there. */
export const slack: Vendor = {
  name: 'slack',
  title: 'Slack',
  offers: ['chat'],
  url: 'https://slack.com/api/',
  credential: [
    { name: 'token', title: 'Bot token (xoxb-...)', required: true },
    { name: 'signingSecret', title: 'Signing secret of the app; without it nothing is done from Slack', required: false },
  ],
  settings: [],
  headers: { accept: 'application/json' },
  authorize: async (_connection, credential) => ({ headers: { authorization: `Bearer ${credential['token'] ?? ''}` }, until: null }),
  quiet: quietByHeaders,
  next: () => null,
  async check(caller) {
    const { json } = await caller.ask({ path: 'auth.test' });
    const { ok, user, team, error } = (json ?? {}) as { ok?: unknown; user?: unknown; team?: unknown; error?: unknown };
    if (ok !== true) throw connectionFailed({ error: String(error).slice(0, 100) });
    const detail = `in the workspace ${String(team).slice(0, 100)}`;
    return { as: String(user).slice(0, 100), found: [{ what: 'signed in as a bot', ok: true, detail }] };
  },
};
