import { quietByHeaders, type Vendor } from '../../connections/vendor.ts';
import { at, text } from '../../forges/loose.ts';
import { signed } from '../files/index.ts';

/** Registries that speak npm's API: npmjs.org, GitHub and GitLab packages, Verdaccio, Artifactory's and Nexus's npm repositories. */
export const npm: Vendor = {
  name: 'npm',
  title: 'npm registry',
  offers: ['registry'],
  url: 'https://registry.npmjs.org',
  credential: [{ name: 'token', title: 'Access token that may publish', required: false }],
  settings: [],
  headers: { accept: 'application/json' },
  authorize: async (_connection, { token }) => ({ headers: token === undefined ? {} : signed({ password: token }), until: null }),
  quiet: quietByHeaders,
  next: () => null,
  async check(caller) {
    const { status, json } = await caller.ask({ path: '-/whoami', expect: [404, 403] });
    const as = status === 200 ? text(at(json, 'username'), 100) : null;
    return { as, found: [{ what: 'signed in', ok: as !== null, detail: as ?? 'it knows nobody by this token' }] };
  },
};
