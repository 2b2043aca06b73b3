import { readFile, stat } from 'node:fs/promises';
import { z } from 'zod';
import { keyFileOpen, keyServiceFailed, masterKeyMissing } from './keys.problems.ts';
import type { MasterKeys } from './master.port.ts';
import { openTo } from './ring.ts';

const PATIENCE_MS = 5000;
/** Answers of the transit engine are small. */
const MOST = 256 * 1024;

export type VaultOptions = {
  /** The base address, such as `https://vault.example.org:8200`; the mount is `transit` unless the path names another. */
  readonly url: string;
  /** The name of the transit key. */
  readonly key: string;
  /** A file that holds the token; read at each call, because agents renew it in place. */
  readonly tokenFile: string;
};

const keyAnswer = z.object({
  data: z.object({ latest_version: z.number().int().positive(), min_decryption_version: z.number().int().nonnegative() }),
});
const encrypted = z.object({ data: z.object({ ciphertext: z.string().max(4096) }) });
const decrypted = z.object({ data: z.object({ plaintext: z.string().max(4096) }) });
const refused = z.object({ errors: z.array(z.string()) });

/**
 * Master keys in the transit engine of HashiCorp Vault or OpenBao (API: `/v1/transit/encrypt|decrypt|keys/:name`). A
 * version of the key is one master key, `vault:NAME:3`; the engine's associated data binds a wrapped key to its place.
 * Recorded: written against the published API and held to a small implementation of it, not to a Vault of ours.
 */
export async function openVaultMasters(options: VaultOptions): Promise<MasterKeys> {
  const call = caller(options);
  const path = (what: string): string => `${what}/${encodeURIComponent(options.key)}`;
  let versions: readonly number[] = [];
  const load = async (): Promise<void> => {
    const { latest_version: latest, min_decryption_version: least } = (await call('GET', path('keys'), keyAnswer)).data;
    const from = Math.max(1, least, latest - 99);
    versions = Array.from({ length: latest - from + 1 }, (_, at) => from + at);
  };
  const idOf = (version: number): string => `vault:${options.key}:${version}`;
  const versionOf = (id: string): number => {
    const found = versions.find((version) => idOf(version) === id);
    if (found === undefined) throw masterKeyMissing({ id });
    return found;
  };
  await load();
  return {
    kind: 'vault',
    ids: () => versions.map(idOf),
    reload: load,
    async wrap(id, plain, context) {
      const body = {
        plaintext: Buffer.from(plain).toString('base64'),
        associated_data: Buffer.from(context).toString('base64'),
        key_version: versionOf(id),
      };
      return Buffer.from((await call('POST', path('encrypt'), encrypted, body)).data.ciphertext);
    },
    async unwrap(id, wrapped, context) {
      const ciphertext = Buffer.from(wrapped).toString('utf8');
      if (!ciphertext.startsWith(`vault:v${versionOf(id)}:`)) throw new Error('wrapped by another version than its row says');
      const body = { ciphertext, associated_data: Buffer.from(context).toString('base64') };
      return Buffer.from((await call('POST', path('decrypt'), decrypted, body)).data.plaintext, 'base64');
    },
    async create() {
      await call('POST', `${path('keys')}/rotate`, z.unknown(), {});
      await load();
      return idOf(versions.at(-1) ?? 0);
    },
    async forget(id) {
      await call('POST', `${path('keys')}/config`, z.unknown(), { min_decryption_version: versionOf(id) + 1 });
      await load();
    },
  };
}

type CallVault = <Answer>(method: 'GET' | 'POST', path: string, answer: z.ZodType<Answer>, body?: unknown) => Promise<Answer>;

/** One request to the engine. Its token is in a header and nowhere else: not in an address, a log or a problem. */
function caller({ url, tokenFile }: VaultOptions): CallVault {
  const base = new URL(url);
  const mount = base.pathname.replace(/^\/|\/+$/g, '') || 'transit';
  return async (method, path, answer, body) => {
    const headers = { 'x-vault-token': await tokenOf(tokenFile), 'content-type': 'application/json' };
    let response: Response;
    let text: string;
    try {
      response = await fetch(`${base.origin}/v1/${mount}/${path}`, {
        method,
        headers,
        redirect: 'error',
        signal: AbortSignal.timeout(PATIENCE_MS),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      text = await response.text();
    } catch (error) {
      const cause = (error as Error).cause;
      throw keyServiceFailed({ why: cause instanceof Error ? cause.message : (error as Error).message });
    }
    if (text.length > MOST) throw keyServiceFailed({ why: 'its answer is too large' });
    const value = parsed(text);
    if (!response.ok) {
      const said = refused.safeParse(value);
      throw keyServiceFailed({
        why: `it answered ${response.status}${said.success ? `: ${said.data.errors.join('; ').slice(0, 200)}` : ''}`,
      });
    }
    const read = answer.safeParse(value);
    if (!read.success) throw keyServiceFailed({ why: 'its answer has another form than the transit engine gives' });
    return read.data;
  };
}

function parsed(text: string): unknown {
  try {
    return text === '' ? {} : (JSON.parse(text) as unknown);
  } catch {
    return null;
  }
}

async function tokenOf(file: string): Promise<string> {
  try {
    const why = openTo((await stat(file)).mode);
    if (why !== null) throw keyFileOpen({ file, why });
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    throw keyServiceFailed({ why: `its token file ${file} can't be read` });
  }
}
