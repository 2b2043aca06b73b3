import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { seal, unseal } from './master-file.system.ts';

/** A small transit engine, after Vault's API: real encryption, versions, associated data, tokens, least versions. */
export type TransitDummy = {
  readonly url: string;
  readonly asked: string[];
  down: boolean;
  /** Answers with signatures of another key. */
  lies: boolean;
  /** Ends every token that a login gave. */
  endLeases(): void;
  stop(): Promise<void>;
};

type Body = {
  role_id?: string;
  secret_id?: string;
  role?: string;
  jwt?: string;
  input?: string;
  marshaling_algorithm?: string;
  plaintext?: string;
  ciphertext?: string;
  associated_data?: string;
  key_version?: number;
  min_decryption_version?: number;
};

export async function transitDummy(
  token: string,
  name: string,
  type: 'aes256-gcm96' | 'ed25519' | 'ecdsa-p256' = 'aes256-gcm96',
): Promise<TransitDummy> {
  const versions = [randomBytes(32)];
  const state = { least: 1, down: false, lies: false };
  const pairs = [pairOf(type)];
  const leased = new Set<string>();
  const asked: string[] = [];
  const engine = { name, versions, state, type, pairs };
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const parts: Buffer[] = [];
    for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
    const say = (status: number, value: unknown): void =>
      void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    asked.push(`${request.method} ${request.url}`);
    if (state.down) return say(503, { errors: ['Vault is sealed'] });
    const body = parts.length === 0 ? {} : (JSON.parse(Buffer.concat(parts).toString()) as Body);
    if (/^\/v1\/auth\/(?:approle|kubernetes)\/login$/.test(request.url ?? '')) {
      if (!isKnown(request.url ?? '', body, token)) return say(400, { errors: ['invalid role or secret ID'] });
      const given = `hvs.leased-${randomBytes(4).toString('hex')}`;
      leased.add(given);
      return say(200, { auth: { client_token: given, lease_duration: 3600 } });
    }
    const shown = String(request.headers['x-vault-token']);
    if (shown !== token && !leased.has(shown)) return say(403, { errors: ['permission denied'] });
    try {
      const value = answer(engine, (request.url ?? '').replace('/v1/transit/', ''), request.method ?? '', body);
      if (value === undefined) response.writeHead(204).end();
      else say(200, value);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      say(error.status, { errors: [error.message] });
    }
  };
  const server = createServer((request, response) => void serve(request, response));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    get down() {
      return state.down;
    },
    set down(value) {
      state.down = value;
    },
    get lies() {
      return state.lies;
    },
    set lies(value) {
      state.lies = value;
    },
    endLeases: () => leased.clear(),
    stop: () => new Promise((done) => server.close(() => done())),
  };
}

/** Whether a login is of the role that the tests use, with the secret `token`. */
function isKnown(url: string, body: Body, token: string): boolean {
  if (url.includes('approle')) return body.role_id === 'role-id' && body.secret_id === token;
  return body.role === 'yardmaster' && body.jwt === token;
}

class Refusal extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

type Pair = { readonly publicKey: KeyObject; readonly privateKey: KeyObject };
type Engine = {
  readonly name: string;
  readonly versions: Buffer[];
  readonly state: { least: number; down: boolean; lies: boolean };
  readonly type: string;
  readonly pairs: Pair[];
};

function pairOf(type: string): Pair {
  return type === 'ecdsa-p256' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('ed25519');
}

/** As Vault tells a public half: 32 bytes in base64 for ed25519, PEM for ECDSA. */
function publicOf(type: string, { publicKey }: Pair): string {
  if (type === 'ecdsa-p256') return publicKey.export({ type: 'spki', format: 'pem' }).toString();
  return publicKey.export({ type: 'spki', format: 'der' }).subarray(-32).toString('base64');
}

function signature({ type, pairs, state }: Engine, body: Body): string {
  const version = body.key_version ?? pairs.length;
  const pair = state.lies ? pairOf(type) : pairs[version - 1];
  if (pair === undefined) throw new Refusal(400, 'cannot sign with that version');
  if (type === 'ecdsa-p256' && body.marshaling_algorithm !== 'asn1') throw new Refusal(400, 'the tests ask for asn1');
  const made = sign(type === 'ed25519' ? null : 'sha256', Buffer.from(body.input ?? '', 'base64'), pair.privateKey);
  return `vault:v${version}:${made.toString('base64')}`;
}

function answer(engine: Engine, path: string, method: string, body: Body): unknown {
  const { name, versions, state, type, pairs } = engine;
  if (type !== 'aes256-gcm96') {
    const keys = Object.fromEntries(pairs.map((pair, at) => [String(at + 1), { public_key: publicOf(type, pair), name: type }]));
    if (method === 'GET' && path === `keys/${name}`) return { data: { type, latest_version: pairs.length, keys, name } };
    if (path === `keys/${name}/rotate`) return void pairs.push(pairOf(type));
    if (path === `sign/${name}`) return { data: { signature: signature(engine, body), key_version: body.key_version } };
  }
  if (method === 'GET' && path === `keys/${name}`)
    return { data: { latest_version: versions.length, min_decryption_version: state.least, name } };
  if (method !== 'POST') throw new Refusal(405, 'unsupported operation');
  if (path === `keys/${name}/rotate`) return void versions.push(randomBytes(32));
  if (path === `keys/${name}/config`) return void (state.least = body.min_decryption_version ?? state.least);
  const context = body.associated_data ?? '';
  if (path === `encrypt/${name}`) {
    const version = body.key_version ?? versions.length;
    const key = versions[version - 1];
    if (key === undefined || version < state.least) throw new Refusal(400, 'cannot encrypt with that version');
    return {
      data: { ciphertext: `vault:v${version}:${seal(key, Buffer.from(body.plaintext ?? '', 'base64'), context).toString('base64')}` },
    };
  }
  if (path === `decrypt/${name}`) {
    const [, version = '0', text = ''] = /^vault:v(\d+):(.*)$/.exec(body.ciphertext ?? '') ?? [];
    const key = versions[Number(version) - 1];
    if (key === undefined || Number(version) < state.least)
      throw new Refusal(400, 'ciphertext or signature version is disallowed by policy (too old)');
    try {
      return { data: { plaintext: unseal(key, Buffer.from(text, 'base64'), context).toString('base64') } };
    } catch {
      throw new Refusal(400, 'cipher: message authentication failed');
    }
  }
  throw new Refusal(404, `no handler for route "transit/${path}"`);
}
