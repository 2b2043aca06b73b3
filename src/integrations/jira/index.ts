import { quietByHeaders, type Vendor } from '../connections/vendor.ts';
import { at, NAME, text } from '../forges/loose.ts';

/** Jira Cloud (address `https://NAME.atlassian.net/rest`, with an account) and Jira Data Center (`https://HOST/rest`, with a token alone). */
export const jira: Vendor = {
  name: 'jira',
  title: 'Jira',
  offers: ['tickets'],
  url: null,
  credential: [
    { name: 'user', title: 'E-mail of the account (Jira Cloud); leave empty for Data Center', required: false },
    { name: 'token', title: 'API token (Cloud) or personal access token (Data Center)', required: true },
  ],
  settings: [{ name: 'projects', title: 'Keys of the projects that are asked about, with commas: SHOP, OPS', required: true }],
  headers: { accept: 'application/json' },
  authorize: async (_connection, { user, token = '' }) => ({
    headers: {
      authorization: user === undefined ? `Bearer ${token}` : `Basic ${Buffer.from(`${user}:${token}`, 'utf8').toString('base64')}`,
    },
    until: null,
  }),
  quiet: quietByHeaders,
  next: () => null,
  wrong: (settings) => (projectsOf(settings['projects'] ?? '').length === 0 ? ['settings.projects names no project, such as SHOP'] : []),
  async check(caller) {
    const { json } = await caller.ask({ path: 'api/2/myself' });
    const as = text(at(json, 'displayName') ?? at(json, 'name'), NAME);
    return { as, found: [{ what: 'signed in', ok: as !== null, detail: caller.connection.url }] };
  },
};

/** The project keys of the setting, in upper case. */
export function projectsOf(setting: string): string[] {
  return setting
    .split(',')
    .map((one) => one.trim().toUpperCase())
    .filter((one) => /^[A-Z][A-Z0-9_]{1,19}$/.test(one));
}
