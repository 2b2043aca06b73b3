import { forgeSettings } from '../forges/settings.ts';
import type { EgressAnswer } from '../../host/egress.http.ts';
import { quietByHeaders, type Credential, type Vendor } from '../connections/vendor.ts';
import { at, link, NAME, text } from '../forges/loose.ts';

/** Bitbucket Cloud, with an access token, or a user name and an app password (API token). */
export const bitbucket: Vendor = {
  name: 'bitbucket',
  title: 'Bitbucket Cloud',
  offers: ['forge'],
  url: 'https://api.bitbucket.org/2.0',
  credential: [{ name: 'token', title: 'Access token, or app password of the user', required: true }],
  settings: [{ name: 'user', title: 'User name, with an app password', required: false }, ...forgeSettings(false)],
  headers: { accept: 'application/json' },
  authorize: async ({ settings }, credential) => ({ headers: signed(settings['user'], credential), until: null }),
  quiet: quietByHeaders,
  // Pages are linked from the body.
  next: (answer) => link(at(parsed(answer), 'next')),
  async check(caller) {
    const me = await caller.ask({ path: 'user', expect: [403] });
    // A token of a repository or workspace is nobody's and may not ask who it is.
    const name = me.status === 403 ? null : text(at(me.json, 'username'), NAME);
    return {
      as: name,
      found: [{ what: 'signed in', ok: true, detail: name === null ? 'a token of a repository or workspace' : 'as a user' }],
    };
  },
};

/** Bitbucket Server and Data Center (address `https://HOST`), with an HTTP access token. */
export const bitbucketServer: Vendor = {
  name: 'bitbucket-server',
  title: 'Bitbucket Server or Data Center',
  offers: ['forge'],
  url: null,
  credential: [{ name: 'token', title: 'HTTP access token', required: true }],
  settings: [...forgeSettings(false)],
  headers: { accept: 'application/json', 'x-atlassian-token': 'no-check' },
  authorize: async (_connection, credential) => ({ headers: signed(undefined, credential), until: null }),
  quiet: quietByHeaders,
  next(answer, url) {
    const page = parsed(answer);
    const start = at(page, 'nextPageStart');
    if (at(page, 'isLastPage') !== false || typeof start !== 'number') return null;
    const next = new URL(url);
    next.searchParams.set('start', String(start));
    return next.href;
  },
  async check(caller) {
    const { json, headers } = await caller.ask({ path: 'rest/api/1.0/application-properties' });
    const version = text(at(json, 'version'), NAME) ?? 'unknown';
    return { as: text(headers['x-ausername'], NAME), found: [{ what: 'it answers', ok: true, detail: `version ${version}` }] };
  },
};

function signed(user: string | undefined, { token = '' }: Credential): Record<string, string> {
  return { authorization: user === undefined ? `Bearer ${token}` : `Basic ${Buffer.from(`${user}:${token}`).toString('base64')}` };
}

function parsed(answer: EgressAnswer): unknown {
  try {
    return JSON.parse(Buffer.from(answer.body).toString('utf8'));
  } catch {
    return null;
  }
}
