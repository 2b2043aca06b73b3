import { forgeSettings } from '../forges/settings.ts';
import { nextByLink, quietByHeaders, type Vendor } from '../connections/vendor.ts';
import { at, NAME, text } from '../forges/loose.ts';

/** GitLab, gitlab.com or self-managed (address `https://HOST/api/v4`), with a token of a person, a group or a project. */
export const gitlab: Vendor = {
  name: 'gitlab',
  title: 'GitLab',
  offers: ['forge', 'ci', 'tickets'],
  url: 'https://gitlab.com/api/v4',
  credential: [
    { name: 'token', title: 'Access token', required: true },
    { name: 'deployToken', title: 'Deploy token, where git has one of its own', required: false },
  ],
  settings: [
    { name: 'group', title: 'Group (its projects alone)', required: false },
    { name: 'deployUser', title: 'User of the deploy token', required: false },
    ...forgeSettings(true),
  ],
  headers: { accept: 'application/json' },
  authorize: async (_connection, { token = '' }) => ({ headers: { authorization: `Bearer ${token}` }, until: null }),
  quiet: quietByHeaders,
  next: nextByLink,
  wrong: (settings, credential) =>
    (settings['deployUser'] === undefined) === (credential['deployToken'] === undefined)
      ? []
      : ['a deploy token needs both credential.deployToken and settings.deployUser'],
  async check(caller) {
    const me = await caller.ask({ path: 'user' });
    return { as: text(at(me.json, 'username'), NAME), found: [{ what: 'signed in by token', ok: true, detail: caller.connection.url }] };
  },
};
