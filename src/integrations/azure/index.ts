import { forgeSettings } from '../forges/settings.ts';
import { quietByHeaders, type Vendor } from '../connections/vendor.ts';
import { at, NAME, text } from '../forges/loose.ts';

/** Azure DevOps: Repos and Pipelines of one organisation (address `https://dev.azure.com/ORGANISATION`), with a personal access token. */
export const azure: Vendor = {
  name: 'azure',
  title: 'Azure DevOps',
  offers: ['forge', 'ci'],
  url: null,
  credential: [{ name: 'token', title: 'Personal access token', required: true }],
  settings: [...forgeSettings(false)],
  headers: { accept: 'application/json' },
  authorize: async (_connection, { token = '' }) => ({
    headers: { authorization: `Basic ${Buffer.from(`:${token}`).toString('base64')}` },
    until: null,
  }),
  quiet: quietByHeaders,
  // To a token that ended it answers a page to sign in on (203): nothing that was asked for, and no empty list. The way to such
  // a page (302) is a problem of its own.
  refuses: ({ status }) => status === 203,
  next: () => null,
  async check(caller) {
    const me = await caller.ask({ path: '_apis/connectionData' });
    // An unknown token is sent on to a sign-in page (203 or 302) rather than refused.
    const name = text(at(me.json, 'authenticatedUser', 'providerDisplayName'), NAME);
    return { as: name, found: [{ what: 'signed in', ok: name !== null, detail: name === null ? 'the token is not taken' : 'by token' }] };
  },
};
