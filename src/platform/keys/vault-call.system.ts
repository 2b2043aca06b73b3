import { readFile, stat } from 'node:fs/promises';
import { z } from 'zod';
import { makeEgress } from '../../host/egress.http.ts';
import { Problem } from '../../kernel/problem.ts';
import { keyFileOpen, keyServiceFailed } from './keys.problems.ts';
import { openTo } from './ring.ts';

const PATIENCE_MS = 5000;
/** Answers of Vault are small. */
const MOST = 256 * 1024;

/** How this server signs in: with a token, or as a role whose secret is in a file (`approle`: the secret id; `kubernetes`: the service account's token). */
export type VaultAuth = {
  readonly kind: 'token' | 'approle' | 'kubernetes';
  /** The role id of `approle`, the role's name of `kubernetes`; of no meaning for `token`. */
  readonly role: string | null;
  /** The file of the token or secret; read at each sign-in, because whoever gave it renews it in place. */
  readonly file: string;
};

export type VaultAsk = <Answer>(method: 'GET' | 'POST', path: string, answer: z.ZodType<Answer>, body?: unknown) => Promise<Answer>;

const loggedIn = z.object({ auth: z.object({ client_token: z.string().min(1).max(4096), lease_duration: z.number().nonnegative() }) });
const refused = z.object({ errors: z.array(z.string()) });

/**
 * Requests to a Vault or OpenBao at `url`, whose path names the mount (`transit` by default). They go through an egress
 * that knows this one place, because the operator named it; the token stands in a header and nowhere else. A token that is
 * refused is got anew once: leases end, and secrets are renewed in place.
 */
export function vaultAt(url: string, auth: VaultAuth): { readonly ask: VaultAsk; close(): void } {
  const base = new URL(url);
  const mount = base.pathname.replace(/^\/|\/+$/g, '') || 'transit';
  const port = base.port === '' ? (base.protocol === 'https:' ? 443 : 80) : Number(base.port);
  const egress = makeEgress((host, at) => host === base.hostname.replace(/^\[|\]$/g, '') && at === port);
  let held: { readonly token: string; readonly until: number } | null = null;

  const send = async (method: 'GET' | 'POST', path: string, token: string | null, body?: unknown) => {
    const headers = { 'content-type': 'application/json', ...(token === null ? {} : { 'x-vault-token': token }) };
    try {
      const answer = await egress.call({
        method,
        url: `${base.origin}/v1/${path}`,
        headers,
        timeoutMs: PATIENCE_MS,
        limit: MOST,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return { status: answer.status, value: parsed(Buffer.from(answer.body).toString('utf8')) };
    } catch (error) {
      if (error instanceof Problem) throw keyServiceFailed({ why: error.sentence.replace(/\.$/, '') });
      throw error;
    }
  };
  const login = async (): Promise<string> => {
    const secret = await secretOf(auth.file);
    if (auth.kind === 'token') return secret;
    const now = Date.now();
    if (held !== null && now < held.until) return held.token;
    const body = auth.kind === 'approle' ? { role_id: auth.role, secret_id: secret } : { role: auth.role, jwt: secret };
    const { auth: given } = read(await send('POST', `auth/${auth.kind}/login`, null, body), loggedIn, 'signing in');
    // Two thirds of the lease, so that no call comes with a token that just ended.
    held = { token: given.client_token, until: now + (given.lease_duration * 1000 * 2) / 3 };
    return held.token;
  };
  return {
    async ask(method, path, answer, body) {
      let said = await send(method, `${mount}/${path}`, await login(), body);
      if (said.status === 403 && held !== null) {
        held = null;
        said = await send(method, `${mount}/${path}`, await login(), body);
      }
      return read(said, answer, path.split('/', 1)[0] ?? '');
    },
    close: () => egress.close(),
  };
}

function read<Answer>(said: { readonly status: number; readonly value: unknown }, answer: z.ZodType<Answer>, what: string): Answer {
  if (said.status < 200 || said.status > 299) {
    const words = refused.safeParse(said.value).data?.errors.join('; ').slice(0, 200);
    throw keyServiceFailed({ why: `${what}: it answered ${said.status}${words === undefined || words === '' ? '' : `: ${words}`}` });
  }
  const found = answer.safeParse(said.value);
  if (!found.success) throw keyServiceFailed({ why: `${what}: its answer has another form than the transit engine gives` });
  return found.data;
}

function parsed(text: string): unknown {
  try {
    return text === '' ? {} : (JSON.parse(text) as unknown);
  } catch {
    return null;
  }
}

async function secretOf(file: string): Promise<string> {
  try {
    const why = openTo((await stat(file)).mode);
    // A service account's token is mounted readable for the group; what anybody may read is no secret.
    if (why !== null) throw keyFileOpen({ file, why });
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    throw keyServiceFailed({ why: `the file ${file} can't be read` });
  }
}
