/**
 * Every field of the contract that takes an address, and what is done with it. A test refuses a field that is not here.
 * `called`: by the one way out, judged when it is saved and at each call. `host`: a name that is judged by the same rules and spoken
 * to in another protocol. `word`: shown or compared, never called. `sample`: a request that is right in everything but its address.
 */
export type UrlSetting =
  | { readonly done: 'called'; readonly sample: (url: string) => unknown }
  | { readonly done: 'host'; readonly sample: (host: string, port: number) => unknown }
  | { readonly done: 'word' };

const word: UrlSetting = { done: 'word' };

export const URL_SETTINGS: Readonly<Record<string, UrlSetting>> = {
  'POST /v1/subscriptions url': { done: 'called', sample: (url) => ({ name: 'x', url, form: 'facts' }) },
  'POST /v1/connections url': {
    done: 'called',
    sample: (url) => ({ name: 'x', vendor: 'gitea', url, credential: { token: 'x'.repeat(40) } }),
  },
  'PATCH /v1/connections/{connection} url': { done: 'called', sample: (url) => ({ url }) },
  'POST /v1/workloads issuer': {
    done: 'called',
    sample: (issuer) => ({ name: 'x', issuer, audience: 'x', conditions: { sub: ['x'] }, services: ['shop'], actions: ['record.write'] }),
  },
  'POST /v1/sign-in-providers issuer': { done: 'called', sample: (issuer) => ({ name: 'x', title: 'X', issuer, clientId: 'x' }) },
  'PATCH /v1/sign-in-providers/{provider} issuer': { done: 'called', sample: (issuer) => ({ issuer }) },
  'PATCH /v1/sign-in-providers/{provider} settings.link': word,
  'POST /v1/sign-in-providers settings.link': word,
  'POST /v1/people/map host': word,
  'POST /v1/people/unmap host': word,
  'POST /v1/people/unmapped/dismiss host': word,
  'POST /v1/people/{person}/accounts/unlink issuer': word,
  'POST /v1/notify/channels webhook': { done: 'called', sample: (webhook) => ({ name: 'x', kind: 'teams', webhook }) },
  'PUT /v1/notify/mail host': {
    done: 'host',
    sample: (host, port) => ({ host, port, tls: 'none', sender: 'yard@example.org', version: 0 }),
  },
  'PUT /v1/me/notices address': word,
  'POST /v1/notify/open link': word,
  'POST /v1/setup link': word,
  'POST /v1/setup/look link': word,
  'POST /v1/record/artifact-digests reference': word,
  'POST /v1/record/artifact-digests url': word,
  'POST /v1/record/artifacts url': word,
  'POST /v1/record/stored-artifacts url': word,
  'POST /v1/record/builds url': word,
  'POST /v1/record/deployments url': word,
  'POST /v1/record/incidents url': word,
  'POST /v1/record/reports url': word,
  'POST /v1/record/tickets url': word,
  // A path below the address of its connection.
  'PUT /v1/promotion-destinations/{destination} repository': word,
  'POST /v1/recorder-identities issuer': word,
  'POST /v1/recorder-identities repository': word,
};
