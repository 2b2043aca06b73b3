import { execFileSync, spawn } from 'node:child_process';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

export type GitRequest = { readonly path: string; readonly query: string; readonly authorization: string | null };

/**
 * A real git server over http: git's own http-backend behind node, with repositories below `root`. `open` says who may
 * read what; `moved` answers 301 for paths that were renamed. Everything that it heard is kept.
 */
export async function startGitServer(
  root: string,
  options: {
    readonly open: (request: GitRequest) => boolean;
    readonly moved?: ReadonlyMap<string, string>;
  },
): Promise<{ readonly url: string; readonly heard: GitRequest[]; close(): Promise<void> }> {
  const serve = gitBackend(root);
  const heard: GitRequest[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://git');
    const one = { path: url.pathname, query: url.search.slice(1), authorization: request.headers.authorization ?? null };
    heard.push(one);
    const [, repository = '', rest = ''] = /^\/([^/]+(?:\/[^/]+)*?\.git)(\/.*)$/.exec(url.pathname) ?? [];
    const to = options.moved?.get(repository);
    if (to !== undefined) return void response.writeHead(301, { location: `${to}${rest}${url.search}` }).end();
    if (!options.open(one)) return void response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
    serve(one, request, response);
  });
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

/** Answers requests for the repositories below `root` with git's own http-backend. */
export function gitBackend(root: string): (one: GitRequest, request: IncomingMessage, response: ServerResponse) => void {
  const backend = join(execFileSync('git', ['--exec-path'], { encoding: 'utf8' }).trim(), 'git-http-backend');
  return (one, request, response) => backEnd(backend, root, one, request, response);
}

/** CGI (RFC 3875): the headers come first on standard output, with `Status` among them. */
function backEnd(backend: string, root: string, one: GitRequest, request: IncomingMessage, response: ServerResponse): void {
  const child = spawn(backend, [], {
    env: {
      PATH: process.env['PATH'],
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_COUNT: '2',
      GIT_CONFIG_KEY_0: 'uploadpack.allowAnySHA1InWant',
      GIT_CONFIG_VALUE_0: 'true',
      GIT_CONFIG_KEY_1: 'safe.directory',
      GIT_CONFIG_VALUE_1: '*',
      PATH_INFO: decodeURIComponent(one.path),
      QUERY_STRING: one.query,
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  request.pipe(child.stdin).on('error', () => undefined);
  let head = Buffer.alloc(0);
  let begun = false;
  child.stdout.on('data', (chunk: Buffer) => {
    if (begun) return void (response.write(chunk) || (child.stdout.pause(), response.once('drain', () => child.stdout.resume())));
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) return;
    begun = true;
    const headers = Object.fromEntries(
      head
        .subarray(0, end)
        .toString('latin1')
        .split('\r\n')
        .map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
    );
    const { status, ...rest } = headers;
    response.writeHead(Number(status?.slice(0, 3) ?? 200), rest);
    response.write(head.subarray(end + 4));
  });
  child.stdout.on('end', () => response.end());
  response.on('close', () => child.kill());
}
