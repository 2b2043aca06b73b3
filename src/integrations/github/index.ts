import { forgeSettings } from '../forges/settings.ts';
import type { EgressAnswer, EgressCall } from '../../host/egress.http.ts';
import { nextByLink, path, quietByHeaders, type Connection, type Credential, type Vendor } from '../connections/vendor.ts';
import { at, NAME, text } from '../forges/loose.ts';
import { refused } from '../connections/connections.problems.ts';
import { appToken, keyFault } from './app.ts';

/** GitHub and GitHub Enterprise Server (address `https://HOST/api/v3`), as an installed App or with a token. */
export const github: Vendor = {
  name: 'github',
  title: 'GitHub',
  offers: ['forge', 'ci', 'tickets'],
  url: 'https://api.github.com',
  credential: [
    { name: 'token', title: 'Token (fine-grained or classic); leave empty for an App', required: false },
    { name: 'privateKey', title: 'Private key of the App (PEM)', required: false },
  ],
  settings: [
    { name: 'app', title: 'App id or client id, with a private key', required: false },
    { name: 'installation', title: 'Installation id of the App', required: false },
    ...forgeSettings(true),
  ],
  headers: { accept: 'application/vnd.github+json', 'x-github-api-version': '2022-11-28' },
  authorize: async (connection, credential, ask, now) =>
    isApp(credential)
      ? installationToken(connection, credential, ask, now)
      : { headers: { authorization: `Bearer ${credential['token'] ?? ''}` }, until: null },
  // A secondary limit is a 403 or 429 with or without Retry-After; without one GitHub asks for at least a minute.
  quiet(answer, now) {
    const asked = quietByHeaders(answer, now);
    if (asked !== null || answer.status !== 403) return asked;
    return /secondary rate limit/i.test(Buffer.from(answer.body.subarray(0, 2000)).toString('utf8')) ? 60_000 : null;
  },
  next: nextByLink,
  wrong(settings, credential) {
    if (!isApp(credential)) return credential['token'] === undefined ? ['credential.token or credential.privateKey is missing'] : [];
    const fault = keyFault(credential['privateKey'] ?? '');
    return [
      ...(fault === null ? [] : [`credential.privateKey: ${fault}`]),
      ...(settings['app'] === undefined ? ['settings.app is missing'] : []),
      ...(/^\d{1,15}$/.test(settings['installation'] ?? '') ? [] : ['settings.installation is missing or no number']),
    ];
  },
  async check(caller) {
    if (caller.connection.settings['installation'] !== undefined) {
      const { json } = await caller.ask({ path: 'installation/repositories', query: { per_page: 1 } });
      const detail = `${text(at(json, 'total_count')) ?? '0'} repositories are open to it`;
      return { as: `App ${caller.connection.settings['app'] ?? ''}`, found: [{ what: 'signed in as an App', ok: true, detail }] };
    }
    const { json, headers } = await caller.ask({ path: 'user' });
    const scopes = headers['x-oauth-scopes'];
    const detail =
      scopes === undefined ? 'a fine-grained token: what it may, each question shows' : `scopes: ${scopes.slice(0, 200) || 'none'}`;
    return { as: text(at(json, 'login'), NAME), found: [{ what: 'signed in by token', ok: true, detail }] };
  },
};

/** An App has a private key instead of a token, and gets short-lived tokens with it. */
export function isApp(credential: Credential): boolean {
  return credential['privateKey'] !== undefined && credential['token'] === undefined;
}

async function installationToken(
  connection: Connection,
  credential: Credential,
  ask: (call: EgressCall) => Promise<EgressAnswer>,
  now: number,
): Promise<{ headers: Record<string, string>; until: number | null }> {
  const { app = '', installation = '' } = connection.settings;
  const base = connection.url.endsWith('/') ? connection.url : `${connection.url}/`;
  const answer = await ask({
    method: 'POST',
    url: new URL(path('app', 'installations', installation, 'access_tokens'), base).href,
    headers: { ...github.headers, authorization: `Bearer ${appToken(app, credential['privateKey'] ?? '', now)}` },
  });
  if (answer.status !== 201) throw refused({ name: connection.name, status: answer.status });
  const json: unknown = parsed(answer.body);
  const token = text(at(json, 'token'), 10_000);
  const expires = Date.parse(text(at(json, 'expires_at')) ?? '');
  if (token === null) throw refused({ name: connection.name, status: answer.status });
  // Renewed five minutes before it ends, so that none ends on the way.
  return { headers: { authorization: `Bearer ${token}` }, until: Number.isNaN(expires) ? now + 600_000 : expires - 300_000 };
}

function parsed(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    return null;
  }
}
