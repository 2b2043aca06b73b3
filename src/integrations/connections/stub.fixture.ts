import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Heard = {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
};
export type Says =
  | { readonly status?: number; readonly headers?: Readonly<Record<string, string>>; readonly json?: unknown; readonly text?: string }
  | 'hang up';

/** The other side of a connection, on this machine: `answer` says what it answers to each request that it heard. */
export async function startStub(answer: (heard: Heard, count: number) => Says | Promise<Says>): Promise<{
  readonly url: string;
  readonly heard: Heard[];
  close(): Promise<void>;
}> {
  const heard: Heard[] = [];
  const server: Server = createServer((request, response) => void reply(request, response));
  const reply = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const parts: Buffer[] = [];
    for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
    const url = new URL(request.url ?? '/', 'http://stub');
    const one = {
      method: request.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      body: Buffer.concat(parts).toString('utf8'),
    };
    heard.push(one);
    const says = await answer(one, heard.length);
    if (says === 'hang up') return void request.socket.destroy();
    response.writeHead(says.status ?? 200, {
      'content-type': says.json === undefined ? 'text/plain' : 'application/json',
      ...says.headers,
    });
    response.end(says.json === undefined ? (says.text ?? '') : JSON.stringify(says.json));
  };
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    heard,
    close: async () => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
