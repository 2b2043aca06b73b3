import { quietByHeaders, type Connection, type Credential, type Vendor } from '../../connections/vendor.ts';
import { isRepository } from './names.ts';
import { signIn } from './sign-in.ts';

type Signed = Awaited<ReturnType<Vendor['authorize']>>;

/** Any registry of the OCI distribution specification: Harbor, GitLab, GitHub, Quay, Docker Hub, Artifactory, Nexus, docker-registry. */
export const oci: Vendor = {
  name: 'oci',
  title: 'OCI registry',
  offers: ['registry'],
  url: null,
  credential: [
    { name: 'user', title: 'User; leave empty where anybody may', required: false },
    { name: 'password', title: 'Password or token', required: false },
  ],
  settings: [
    { name: 'repository', title: 'A repository that the check may look at: acme/shop', required: false },
    { name: 'tokenService', title: 'Host of its token service, where that is another than the registry', required: false },
  ],
  headers: { accept: 'application/json' },
  async authorize({ url, settings }, { user, password }, ask, now) {
    const answer = await ask({ url: new URL('v2/', url.endsWith('/') ? url : `${url}/`).href });
    const unsigned: Signed = { headers: {}, until: null };
    if (answer.status !== 401) return unsigned;
    const { repository, tokenService = null } = settings;
    const scopes = repository === undefined ? [] : [`repository:${repository}:pull`];
    const at = { url, user: user ?? null, password: password ?? null, tokenService };
    const signed = await signIn(at, scopes, answer.headers['www-authenticate'] ?? '', ask);
    if (signed === null) return unsigned;
    return { headers: { authorization: signed.header }, until: signed.lastsMs === null ? null : now + signed.lastsMs };
  },
  wrong: wrongIn,
  quiet: quietByHeaders,
  next: () => null,
  async check(caller) {
    const { headers } = await caller.ask({ path: 'v2/' });
    const known = headers['docker-distribution-api-version'] ?? 'an OCI registry';
    const { repository } = caller.connection.settings;
    const found = [{ what: 'it is a registry', ok: true, detail: known.slice(0, 100) }];
    if (repository === undefined) return { as: null, found };
    const answer = await caller.ask({ path: `v2/${repository}/tags/list`, expect: [404, 403] });
    const detail = answer.status === 200 ? repository : answer.status === 404 ? `${repository} holds nothing yet` : 'it may not read there';
    return { as: null, found: [...found, { what: 'reads the repository', ok: answer.status !== 403, detail }] };
  },
};

function wrongIn({ repository, tokenService }: Connection['settings'], { user, password }: Credential): string[] {
  return [
    ...(repository === undefined || isRepository(repository)
      ? []
      : ['settings.repository is no name of a repository: acme/shop, in small letters']),
    ...(tokenService === undefined || /^[A-Za-z0-9.-]{1,253}(?::\d{1,5})?$/.test(tokenService) ? [] : ['settings.tokenService is no host']),
    ...((user === undefined) === (password === undefined) ? [] : ['credential.user and credential.password come together']),
    ...(user?.includes(':') === true ? ['credential.user holds a colon'] : []),
  ];
}
