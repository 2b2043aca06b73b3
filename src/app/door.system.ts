import { readFileSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import { getRequestListener } from '@hono/node-server';
import type { Hono } from 'hono';
import { toProblemJson } from '../kernel/problem.ts';
import type { Config } from '../platform/config.ts';
import { inFront } from '../platform/http/bare.system.ts';
import { countRequests } from '../platform/http/drain.system.ts';
import type { Logger } from 'pino';
import { badCertificate, portTaken, starting } from '../platform/platform.problems.ts';

export type Handler = (request: IncomingMessage, response: ServerResponse) => unknown;
type Files = NonNullable<Config['tls']>;

/** How often the files of the certificate are looked at; SIGHUP looks at once. */
const LOOK_MS = 10_000;
const OPTIONS = { requestTimeout: 0, headersTimeout: 15_000, keepAliveTimeout: 30_000, maxHeaderSize: 16_384 } as const;

export type Door = {
  readonly http: Server;
  /** `before` stands in front of the application. */
  serve(app: Hono, before?: (usual: Handler) => Handler): void;
  /** Lets `first` listen to every new connection; what is not for it, it hands over to the HTTP server. */
  bare(first: (socket: Socket, handOver: (socket: Socket) => void) => void): void;
  stopWatching(): void;
};

/** Takes the port, with TLS where the configuration has a certificate; who comes before the rest is ready is told to come again. */
export async function openDoor(config: Config, log: Logger): Promise<Door> {
  let handle: Handler = (_request, response) =>
    response
      .writeHead(503, { 'retry-after': '1', 'content-type': 'application/problem+json' })
      .end(JSON.stringify(toProblemJson(starting({}))));
  const listener = (request: IncomingMessage, response: ServerResponse): void => void handle(request, response);
  const { http, stopWatching } = config.tls === null ? plain(listener) : encrypted(config.tls, listener, log);
  const { handOver, bare } = inFront(http, config.tls === null ? 'connection' : 'secureConnection');
  countRequests(http);
  await new Promise<void>((resolve, reject) => {
    http.once('error', (error: NodeJS.ErrnoException) => {
      const known = ['EADDRINUSE', 'EACCES', 'EADDRNOTAVAIL'].includes(error.code ?? '');
      reject(known ? portTaken({ host: config.host, port: config.port, why: error.code ?? '' }) : error);
    });
    http.listen(config.port, config.host, resolve);
  });
  return {
    http,
    stopWatching,
    bare: (first) => bare((socket) => first(socket, handOver)),
    serve(app, before = (usual) => usual) {
      handle = before(getRequestListener(app.fetch, { overrideGlobalObjects: false }));
    },
  };
}

function plain(listener: (request: IncomingMessage, response: ServerResponse) => void): { http: Server; stopWatching(): void } {
  return { http: createServer(OPTIONS, listener), stopWatching: () => undefined };
}

/** New connections get the certificate that lies there; what is open goes on with the one that it began with. */
function encrypted(
  files: Files,
  listener: (request: IncomingMessage, response: ServerResponse) => void,
  log: Logger,
): { http: Server; stopWatching(): void } {
  const http: TlsServer = createTlsServer({ ...OPTIONS, ...read(files), minVersion: 'TLSv1.2', honorCipherOrder: true }, listener);
  let seen = stamp(files);
  const look = (): void => {
    try {
      const now = stamp(files);
      if (now === seen) return;
      http.setSecureContext({ ...read(files), minVersion: 'TLSv1.2', honorCipherOrder: true });
      seen = now;
      log.info({ certificate: files.cert }, 'new connections get the new certificate');
    } catch (error) {
      // Half of a renewal lies there, or it is wrong: the old one goes on.
      log.warn({ err: error }, 'the certificate was changed and can not be used; the old one goes on');
    }
  };
  const timer = setInterval(look, LOOK_MS);
  timer.unref();
  process.on('SIGHUP', look);
  http.on('close', () => process.off('SIGHUP', look));
  return { http: http as unknown as Server, stopWatching: () => clearInterval(timer) };
}

function read({ cert, key }: Files): { cert: Buffer; key: Buffer } {
  try {
    return { cert: readFileSync(cert), key: readFileSync(key) };
  } catch (error) {
    throw badCertificate({ why: (error as Error).message });
  }
}

function stamp({ cert, key }: Files): string {
  return [cert, key]
    .map((file) => statSync(file))
    .map(({ mtimeMs, size, ino }) => `${mtimeMs}/${size}/${ino}`)
    .join();
}

/** The port that the door is on. */
export function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
