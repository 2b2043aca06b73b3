import { lineOrNull } from '../ci/ci.ts';
import { quietByHeaders, type Vendor } from '../connections/vendor.ts';
import { at, text } from '../forges/loose.ts';

/** Jenkins, with the API token of a user (https://www.jenkins.io/doc/book/system-administration/authenticating-scripted-clients/). */
export const jenkins: Vendor = {
  name: 'jenkins',
  title: 'Jenkins',
  offers: ['ci'],
  url: null,
  credential: [
    { name: 'user', title: 'User', required: true },
    { name: 'token', title: 'API token', required: true },
  ],
  settings: [],
  headers: { accept: 'application/json' },
  authorize: async (_connection, { user = '', token = '' }) => ({
    headers: { authorization: `Basic ${Buffer.from(`${user}:${token}`).toString('base64')}` },
    until: null,
  }),
  wrong: (_settings, { user = '' }) => (user.includes(':') ? ['credential.user holds a colon, which no user of Jenkins can'] : []),
  quiet: quietByHeaders,
  next: () => null,
  async check(caller) {
    const me = await caller.ask({ path: 'whoAmI/api/json' });
    const jobs = await caller.ask({ path: 'api/json', query: { tree: 'jobs[name]{0,1}' }, expect: [403] });
    const anonymous = at(me.json, 'anonymous') === true;
    return {
      as: anonymous ? null : lineOrNull(text(at(me.json, 'name'), 200)),
      found: [
        { what: 'signed in', ok: !anonymous, detail: anonymous ? 'Jenkins takes us for nobody: is the token right?' : 'by API token' },
        {
          what: 'reads jobs',
          ok: jobs.status === 200,
          detail: jobs.status === 200 ? `Jenkins ${jobs.headers['x-jenkins'] ?? ''}`.trim() : 'it may not read them',
        },
      ],
    };
  },
};
