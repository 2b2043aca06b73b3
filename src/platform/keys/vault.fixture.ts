import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { randomBytes } from 'node:crypto';
import { seal, unseal } from './master-file.system.ts';

/** A small transit engine, after Vault's API: real encryption, versions, associated data, tokens, least versions. */
export type TransitDummy = { readonly url: string; readonly asked: string[]; down: boolean; stop(): Promise<void> };

type Body = { plaintext?: string; ciphertext?: string; associated_data?: string; key_version?: number; min_decryption_version?: number };

export async function transitDummy(token: string, name: string): Promise<TransitDummy> {
  const versions = [randomBytes(32)];
  const state = { least: 1, down: false };
  const asked: string[] = [];
  const engine = { name, versions, state };
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const parts: Buffer[] = [];
    for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
    const say = (status: number, value: unknown): void =>
      void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    asked.push(`${request.method} ${request.url}`);
    if (state.down) return say(503, { errors: ['Vault is sealed'] });
    if (request.headers['x-vault-token'] !== token) return say(403, { errors: ['permission denied'] });
    try {
      const value = answer(
        engine,
        (request.url ?? '').replace('/v1/transit/', ''),
        request.method ?? '',
        parts.length === 0 ? {} : (JSON.parse(Buffer.concat(parts).toString()) as Body),
      );
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
    stop: () => new Promise((done) => server.close(() => done())),
  };
}

class Refusal extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

type Engine = { readonly name: string; readonly versions: Buffer[]; readonly state: { least: number; down: boolean } };

function answer({ name, versions, state }: Engine, path: string, method: string, body: Body): unknown {
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
