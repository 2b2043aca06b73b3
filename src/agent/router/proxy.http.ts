import { Agent, createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { LATENCY_BOUNDS } from '../../contract/agent.ts';
import { bucketOf, pick, type Backend, type Counters, type Front } from './router.ts';

type Count = { requests: number; classes: Record<keyof Counters['classes'], number>; latency: number[]; active: number };
type Live = { server: Server; backends: readonly Backend[]; credit: Map<string, number>; counts: Map<string, Count> };

/** Belongs to one connection, so it is never passed on (RFC 9110, 7.6.1). */
const HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
const ANSWER_MS = 60_000;

/**
 * The built-in proxy: one HTTP server per front, streaming both ways. A GET or HEAD without a
 * body goes to another backend where the first could not be reached; every other failure is the client's to know.
 */
export class Proxy {
  readonly #fronts = new Map<string, Live>();
  readonly #pool = new Agent({ keepAlive: true, maxFreeSockets: 32 });
  readonly #once = new Agent({ keepAlive: false });

  /** Makes the fronts be these: opens, changes and closes what differs. */
  async apply(fronts: readonly Front[]): Promise<void> {
    for (const [key, live] of this.#fronts) {
      if (fronts.some((front) => front.key === key)) continue;
      this.#fronts.delete(key);
      live.server.close();
    }
    for (const front of fronts) {
      const live = this.#fronts.get(front.key) ?? (await this.#open(front));
      const names = new Set(front.backends.map((backend) => backend.name));
      live.backends = front.backends;
      // Credit of the old weights would skew the first picks with the new ones.
      live.credit.clear();
      // Counted from the start, so that the first look has something to subtract from.
      for (const backend of front.backends) countOf(live, backend.name);
      for (const [name, count] of live.counts) if (!names.has(name) && count.active === 0) live.counts.delete(name);
    }
  }

  counted(key: string): Record<string, Counters> {
    const live = this.#fronts.get(key);
    return live === undefined ? {} : Object.fromEntries(live.counts);
  }

  async close(): Promise<void> {
    for (const live of this.#fronts.values()) {
      live.server.closeAllConnections();
      await new Promise((done) => live.server.close(done));
    }
    this.#pool.destroy();
    this.#once.destroy();
  }

  async #open(front: Front): Promise<Live> {
    const server = createServer({ keepAliveTimeout: 65_000, requestTimeout: 0 });
    const live: Live = { server, backends: front.backends, credit: new Map(), counts: new Map() };
    server.on('request', (incoming, answer) => this.#forward(live, incoming, answer, new Set()));
    await new Promise<void>((done, fail) => {
      server.once('error', fail);
      server.listen(front.port, '127.0.0.1', () => done());
    });
    this.#fronts.set(front.key, live);
    return live;
  }

  #forward(live: Live, incoming: IncomingMessage, answer: ServerResponse, tried: ReadonlySet<string>): void {
    const untried = live.backends.filter((backend) => !tried.has(backend.name));
    const backend = pick(untried, live.credit);
    if (backend === null) return refuse(answer, tried.size > 0 ? 502 : 503);
    const count = countOf(live, backend.name);
    const again = repeatable(incoming);
    const began = performance.now();
    let settled = false;
    const settle = (kind: keyof Counters['classes'] | null): void => {
      if (settled) return;
      settled = true;
      count.active -= 1;
      if (kind === null) return;
      count.requests += 1;
      count.classes[kind] += 1;
    };
    count.active += 1;
    const outgoing = request({
      host: '127.0.0.1',
      port: backend.port,
      method: incoming.method ?? 'GET',
      path: incoming.url ?? '/',
      headers: requestHeaders(incoming),
      // A pooled connection may be closed under a request; only what can be repeated may meet that.
      agent: again ? this.#pool : this.#once,
    });
    let reached = false;
    outgoing.on('socket', (socket) => {
      if (!socket.connecting) reached = true;
      else socket.once('connect', () => (reached = true));
    });
    outgoing.setTimeout(ANSWER_MS, () => outgoing.destroy(new Error('no answer in time')));
    answer.on('close', () => {
      if (answer.writableFinished) return;
      // The client went away: nobody's error.
      settle(null);
      outgoing.destroy();
    });
    outgoing.on('error', () => {
      if (settled) return;
      // A pooled connection that was closed meanwhile is nobody's failure; one that never came about reached nobody.
      const stale = again && outgoing.reusedSocket && !answer.headersSent;
      settle(stale ? null : 'none');
      if (answer.headersSent) answer.destroy();
      else if (again && (stale || !reached)) this.#forward(live, incoming, answer, stale ? tried : new Set([...tried, backend.name]));
      else refuse(answer, 502);
    });
    outgoing.on('response', (from) => {
      const bucket = bucketOf(LATENCY_BOUNDS, performance.now() - began);
      count.latency[bucket] = (count.latency[bucket] ?? 0) + 1;
      answer.writeHead(from.statusCode ?? 502, from.statusMessage, answerHeaders(from));
      from.pipe(answer);
      from.on('end', () => settle(classOf(from.statusCode ?? 502)));
      from.on('error', () => {
        settle('none');
        answer.destroy();
      });
    });
    if (again) outgoing.end();
    else incoming.pipe(outgoing);
  }
}

function countOf(live: Live, name: string): Count {
  const known = live.counts.get(name);
  if (known !== undefined) return known;
  const fresh: Count = {
    requests: 0,
    classes: { '2xx': 0, '3xx': 0, '4xx': 0, '5xx': 0, none: 0 },
    latency: Array.from({ length: LATENCY_BOUNDS.length + 1 }, () => 0),
    active: 0,
  };
  live.counts.set(name, fresh);
  return fresh;
}

/** GET or HEAD without a body: safe to send again. */
function repeatable(incoming: IncomingMessage): boolean {
  if (incoming.method !== 'GET' && incoming.method !== 'HEAD') return false;
  return incoming.headers['transfer-encoding'] === undefined && Number(incoming.headers['content-length'] ?? '0') === 0;
}

function requestHeaders(incoming: IncomingMessage): string[] {
  const headers = passed(incoming);
  const before = incoming.headers['x-forwarded-for'];
  const client = incoming.socket.remoteAddress ?? '127.0.0.1';
  headers.push('X-Forwarded-For', before === undefined ? client : `${String(before)}, ${client}`);
  // Node frames a body by itself only for some methods.
  if (incoming.headers['transfer-encoding'] !== undefined) headers.push('Transfer-Encoding', 'chunked');
  return headers;
}

function answerHeaders(from: IncomingMessage): string[] {
  return passed(from);
}

/** Raw headers as they came, without those of the connection and those that `Connection` names. */
function passed(message: IncomingMessage): string[] {
  const named = new Set(
    (message.headers.connection ?? '')
      .toLowerCase()
      .split(',')
      .map((name) => name.trim()),
  );
  const raw = message.rawHeaders;
  const kept: string[] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = raw[at] ?? '';
    const lower = name.toLowerCase();
    if (HOP.has(lower) || named.has(lower) || lower === 'x-forwarded-for') continue;
    kept.push(name, raw[at + 1] ?? '');
  }
  return kept;
}

function classOf(status: number): keyof Counters['classes'] {
  if (status < 300) return '2xx';
  if (status < 400) return '3xx';
  return status < 500 ? '4xx' : '5xx';
}

function refuse(answer: ServerResponse, status: 502 | 503): void {
  if (answer.headersSent) return void answer.destroy();
  const text = status === 503 ? 'no instance of this service takes traffic\n' : 'the instance did not answer\n';
  answer.writeHead(status, { 'content-type': 'text/plain', 'retry-after': '1', 'content-length': Buffer.byteLength(text) });
  answer.end(text);
}
