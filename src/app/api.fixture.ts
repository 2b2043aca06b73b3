import { request as httpRequest, createServer } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { afterAll } from 'vitest';
import { firstAdminLink } from '../identity/sign-in.commands.ts';
import type { Config } from '../platform/config.ts';
import type { Floor } from '../platform/floor.ts';
import type { Mounted } from '../platform/http/handler.ts';
import { buildApp } from '../platform/http/server.system.ts';
import { Problem } from '../kernel/problem.ts';
import { testFloor } from '../testing/database.ts';
import { wiringOf } from './flow.ts';
import { wire } from './wire.ts';

export type Reply = { readonly status: number; readonly text: string; readonly json: Record<string, unknown>; readonly headers: Headers };

type Send = (
  method: string,
  path: string,
  token?: string | null,
  body?: unknown,
  headers?: Readonly<Record<string, string>>,
) => Promise<Reply>;

/** The whole API twice over one database: `real` answers, `counted` only counts that a handler was reached. */
export type Api = {
  readonly floor: Floor;
  readonly routes: readonly Mounted[];
  readonly real: Send;
  readonly counted: Send;
  /** The routes whose handler was reached on `counted`, since the last call of this. */
  readonly reached: () => string[];
  readonly admin: string;
};

export const REACHED = 418;

/** Opens it, with a first admin; closed after the file's tests. */
export async function openApi(config: Partial<Config> = {}): Promise<Api> {
  const floor = await testFloor({ wiring: wiringOf(), config });
  const { routes, gate } = wire();
  const ran: string[] = [];
  const counting = routes.map((mounted) => ({ route: mounted.route, handle: () => reach(ran, mounted) })) as unknown as Mounted[];
  const parts = { floor, gate, stopping: new AbortController().signal, observe: () => undefined };
  const [real, counted] = await Promise.all([serve(buildApp(routes, parts)), serve(buildApp(counting, parts))]);
  const link = await firstAdminLink(floor);
  const person = { link, name: 'Ada Admin', email: 'ada@example.org', password: 'a long enough password' };
  const admin = String((await real('POST', '/v1/setup', null, person)).json['token']);
  return { floor, routes, real, counted, reached: () => ran.splice(0), admin };
}

async function reach(ran: string[], { route }: Mounted): Promise<never> {
  ran.push(`${route.method} ${route.path}`);
  throw new Problem({ code: 'test.reached', status: REACHED, sentence: 'A handler was reached.', remedy: 'None.' });
}

async function serve(app: ReturnType<typeof buildApp>): Promise<Send> {
  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  const server = createServer((request, response) => void listener(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  return (method, path, token = null, body, more = {}) => send(port, method, path, token, body, more);
}

/** The path goes out as it stands: no client tidies it up on the way. */
function send(
  port: number,
  method: string,
  path: string,
  token: string | null,
  body: unknown,
  more: Readonly<Record<string, string>>,
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const headers: Record<string, string> = { ...more, ...(token === null ? {} : { authorization: `Bearer ${token}` }) };
    const bytes = body === undefined ? null : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
    if (bytes !== null) Object.assign(headers, { 'content-type': 'application/json', 'content-length': String(bytes.length) });
    const request = httpRequest({ host: '127.0.0.1', port, method, path, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      const answered = (): void => {
        const text = Buffer.concat(chunks).toString();
        resolve({
          status: response.statusCode ?? 0,
          text,
          json: asJson(text),
          headers: new Headers(response.headers as Record<string, string>),
        });
      };
      response.on('end', answered);
      // A stream of events goes on for ever: what came in a moment is its answer here.
      if (response.headers['content-type']?.startsWith('text/event-stream') === true)
        setTimeout(() => {
          answered();
          request.destroy();
        }, 150);
      response.on('error', reject);
    });
    request.on('error', reject);
    request.end(bytes ?? undefined);
  });
}

function asJson(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}
