import { quietByHeaders, type Connection, type Credential, type Vendor } from '../../connections/vendor.ts';
import { isPath } from './paths.ts';

/**
 * Places that keep files by HTTP PUT: Artifactory (its generic deploy API, with a repository of any kind), Nexus (raw
 * repositories), and any WebDAV or plain PUT store. The address is the one that the repository's path is appended to:
 * `https://host/artifactory`, `https://host/repository`.
 */
export const files: Vendor = {
  name: 'files',
  title: 'Artifactory, Nexus or another store of files over HTTP',
  offers: ['registry'],
  url: null,
  credential: [
    { name: 'user', title: 'User; with a token alone leave it empty', required: false },
    { name: 'password', title: 'Password, API key or access token', required: false },
  ],
  settings: [{ name: 'repository', title: 'A repository that the check may look at: libs-release-local', required: false }],
  headers: {},
  authorize: async (_connection, credential) => ({ headers: signed(credential), until: null }),
  wrong: wrongIn,
  quiet: quietByHeaders,
  next: () => null,
  async check(caller) {
    const { repository } = caller.connection.settings;
    const path = repository === undefined ? '' : `${repository}/`;
    const answer = await caller.ask({ path, expect: [403, 404, 405], redirects: 1 });
    const detail = answer.status === 404 ? 'there is nothing under this address' : answer.status === 403 ? 'it may not read there' : path;
    return { as: null, found: [{ what: 'it answers', ok: answer.status !== 404 && answer.status !== 403, detail }] };
  },
};

/** The header that signs a request in: basic with a user, bearer with a token alone. */
export function signed({ user, password }: Credential): Readonly<Record<string, string>> {
  if (password === undefined) return {};
  if (user === undefined) return { authorization: `Bearer ${password}` };
  return { authorization: `Basic ${Buffer.from(`${user}:${password}`, 'utf8').toString('base64')}` };
}

function wrongIn({ repository }: Connection['settings'], { user, password }: Credential): string[] {
  return [
    ...(repository === undefined || isPath(repository) ? [] : ['settings.repository is no path: libs-release-local']),
    ...(user !== undefined && password === undefined ? ['credential.password is missing'] : []),
    ...(user?.includes(':') === true ? ['credential.user holds a colon'] : []),
  ];
}
