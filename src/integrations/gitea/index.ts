import { forgeSettings } from '../forges/settings.ts';
import { nextByLink, quietByHeaders, type Vendor } from '../connections/vendor.ts';
import { at, NAME, text } from '../forges/loose.ts';

/** Gitea and Forgejo (address `https://HOST/api/v1`), with a token. */
export const gitea: Vendor = {
  name: 'gitea',
  title: 'Gitea or Forgejo',
  offers: ['forge'],
  url: null,
  credential: [{ name: 'token', title: 'Access token', required: true }],
  settings: [...forgeSettings(true)],
  headers: { accept: 'application/json' },
  authorize: async (_connection, { token = '' }) => ({ headers: { authorization: `token ${token}` }, until: null }),
  quiet: quietByHeaders,
  next: nextByLink,
  async check(caller) {
    const me = await caller.ask({ path: 'user' });
    return { as: text(at(me.json, 'login'), NAME), found: [{ what: 'signed in by token', ok: true, detail: caller.connection.url }] };
  },
};
