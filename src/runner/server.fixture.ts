import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { JOB_PLAN_TYPE, runnerRoutes, type JobPlan, type Trust } from '../contract/runner.ts';
import { isBytes } from '../contract/route.ts';
import { canonicalBytes } from '../kernel/canonical.ts';
import { sealEnvelope, type Envelope, type Signer } from '../kernel/dsse.ts';
import { newId } from '../host/ids.system.ts';

/** A small server of the runner's contract for tests: real HTTP, real signatures, leases with tokens, all in memory. */

export type Finished = {
  readonly job: string;
  readonly attempt: number;
  readonly body: Record<string, unknown> & { result: string; cause: string | null };
};
type JobState = {
  plan: JobPlan;
  envelope: Envelope;
  secrets: Record<string, string>;
  token: number;
  claimed: boolean;
  cancel: boolean;
  log: string;
  steps: string[];
  beats: number;
};

/** A pair of keys as a signer and its public half. */
export function makeSigner(): { signer: Signer; publicKeyPem: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const keyId = createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex');
  return {
    signer: { keyId, sign: (bytes) => sign(null, bytes, privateKey) },
    publicKeyPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  };
}

/** A plan with everything filled in; the test gives what it is about. Steps may be script texts. */
export function planOf(given: Partial<Omit<JobPlan, 'steps'>> & { steps?: (string | Partial<JobPlan['steps'][number]>)[] } = {}): JobPlan {
  const { steps = ['true'], ...rest } = given;
  const stepOf = (step: string | Partial<JobPlan['steps'][number]>, index: number) => ({
    name: `step ${index}`,
    script: '',
    shell: 'bash' as const,
    env: {},
    directory: null,
    timeoutMs: 20_000,
    continueOnError: false,
    always: false,
    ...(typeof step === 'string' ? { script: step } : step),
  });
  return {
    v: 1,
    org: 'org_x',
    run: newId('run'),
    job: newId('job'),
    attempt: 1,
    name: 'test',
    trust: 'trusted',
    pool: 'default',
    executor: 'host',
    service: 'shop',
    source: { repository: null, commit: null, ref: null, archive: null },
    env: {},
    steps: steps.map(stepOf),
    timeoutMs: 30_000,
    inputs: [],
    caches: [],
    artifacts: [],
    reports: [],
    outputs: [],
    secrets: [],
    network: true,
    notAfter: new Date(Date.now() + 600_000).toISOString(),
    ...rest,
  };
}

export class TestServer {
  readonly keys = makeSigner();
  readonly blobs = new Map<string, Buffer>();
  readonly caches = new Map<string, string>();
  readonly jobs = new Map<string, JobState>();
  readonly finished: Finished[] = [];
  readonly calls: string[] = [];
  registration = 'once';
  runnerKey = `rk_${randomBytes(16).toString('hex')}`;
  trust: Trust = 'trusted';
  leaseMs = 3000;
  /** Answers instead of the route, where it answers something: for faults. */
  fault: ((name: string, request: IncomingMessage, response: ServerResponse) => boolean) | null = null;
  /** What the server does with the answer of a route after it did its work: cut it off. */
  loseAnswer: ((name: string) => boolean) | null = null;
  #server: Server | null = null;
  #port = 0;

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async start(): Promise<void> {
    this.#server = createServer(
      (request, response) =>
        void this.#serve(request, response).catch((error: unknown) => problem(response, 500, 'platform.bug', String(error))),
    );
    await new Promise<void>((done) => this.#server?.listen(this.#port, '127.0.0.1', done));
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    server?.closeAllConnections();
    await new Promise<void>((done) => (server === null ? done() : server.close(() => done())));
  }

  add(
    plan: JobPlan,
    secrets: Record<string, string> = {},
    envelope = sealEnvelope(JOB_PLAN_TYPE, canonicalBytes(plan), this.keys.signer),
  ): string {
    this.jobs.set(`${plan.job}/${plan.attempt}`, {
      plan,
      envelope,
      secrets,
      token: 7,
      claimed: false,
      cancel: false,
      log: '',
      steps: [],
      beats: 0,
    });
    return `${plan.job}/${plan.attempt}`;
  }

  store(bytes: Buffer): string {
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    this.blobs.set(digest, bytes);
    return digest;
  }

  job(id: string): JobState {
    const job = this.jobs.get(id);
    if (job === undefined) throw new Error(`no job ${id}`);
    return job;
  }

  async end(id: string, ms = 20_000): Promise<Finished['body']> {
    for (const until = Date.now() + ms; Date.now() < until; await pause(20)) {
      const end = this.finished.find(({ job, attempt }) => `${job}/${attempt}` === id);
      if (end !== undefined) return end.body;
    }
    throw new Error(`job ${id} did not finish; its log:\n${this.jobs.get(id)?.log}`);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.url);
    const route = runnerRoutes.find((one) => one.method === request.method && patternOf(one.path).test(url.pathname));
    if (route === undefined) return problem(response, 404, 'platform.no-route', url.pathname);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const raw = Buffer.concat(chunks);
    const name = route.summary.split(' ').slice(0, 2).join(' ');
    this.calls.push(name);
    if (this.fault?.(name, request, response)) return;
    if (route.access.kind === 'runner' && request.headers.authorization !== `Bearer ${this.runnerKey}`)
      return problem(response, 401, 'identity.not-signed-in', 'key');
    const params = (
      'params' in route ? route.params.parse(patternOf(route.path).exec(decodeURIComponent(url.pathname))?.groups ?? {}) : {}
    ) as {
      job?: string;
      attempt?: number;
      digest?: string;
    };
    const body = ('body' in route && !isBytes(route.body) ? route.body.parse(JSON.parse(raw.toString())) : {}) as never;
    const token = url.searchParams.has('token') ? Number(url.searchParams.get('token')) : (body as { token?: number }).token;
    const job = params.job === undefined ? null : (this.jobs.get(`${params.job}/${params.attempt}`) ?? null);
    if (params.job !== undefined && (job === null || job.token !== token)) return problem(response, 409, 'pipelines.lease-lost', 'lost');
    const answer = await this.#answer(
      route.path.split('/').at(-1) ?? '',
      request.method ?? '',
      body,
      raw,
      params,
      job as JobState,
      () => request.socket.destroyed,
    );
    if (this.loseAnswer?.(name)) return void request.socket.destroy();
    if (answer instanceof Buffer) return void response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(answer);
    if (answer === null) return problem(response, 404, 'pipelines.unreadable-blob', 'no');
    response.writeHead('status' in route ? route.status : 200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  }

  async #answer(
    last: string,
    method: string,
    body: never,
    raw: Buffer,
    params: { job?: string; attempt?: number; digest?: string },
    job: JobState,
    gone: () => boolean,
  ): Promise<unknown> {
    const given = body as Record<string, never>;
    const go = () => ({ until: new Date(Date.now() + this.leaseMs).toISOString(), cancel: job.cancel });
    if (last === 'runners') {
      if (given['registration'] !== this.registration) return null;
      this.registration = '';
      return {
        runner: newId('rnr'),
        key: this.runnerKey,
        pool: 'default',
        trust: this.trust,
        planKeys: [{ keyId: this.keys.signer.keyId, publicKeyPem: this.keys.publicKeyPem }],
      };
    }
    if (last === 'claim') return this.#claim(Math.min(given['waitMs'] ?? 0, 1000), gone);
    if (last === 'heartbeat') return (job.beats++, go());
    if (last === 'steps') return (job.steps.push(`${given['step']} ${given['state']}`), go());
    if (last === 'log') return this.#append(job, given['offset'] ?? 0, given['text'] ?? '');
    if (last === '{digest}')
      return method === 'GET' ? (this.blobs.get(params.digest ?? '') ?? null) : { digest: this.store(raw), size: raw.length };
    if (last === 'find') return { entry: this.#cache([given['key'] ?? '', ...((given['restoreKeys'] ?? []) as string[])]) };
    if (last === 'caches')
      return { saved: !this.caches.has(given['key'] ?? '') && this.caches.set(given['key'] ?? '', given['digest'] ?? '') !== undefined };
    if (!this.finished.some((end) => end.job === params.job && end.attempt === params.attempt))
      this.finished.push({ job: params.job ?? '', attempt: params.attempt ?? 0, body: given as never });
    return { accepted: true };
  }

  async #claim(waitMs: number, gone: () => boolean): Promise<unknown> {
    for (const until = Date.now() + waitMs; ; await pause(10)) {
      // Whoever gave up waiting gets nothing.
      if (gone()) return { job: null };
      const job = [...this.jobs.values()].find((one) => !one.claimed);
      if (job !== undefined) {
        job.claimed = true;
        return {
          job: {
            plan: job.envelope,
            lease: { token: job.token, until: new Date(Date.now() + this.leaseMs).toISOString() },
            secrets: job.secrets,
          },
        };
      }
      if (Date.now() >= until || this.#server === null) return { job: null };
    }
  }

  #append(job: JobState, offset: number, text: string): unknown {
    const stored = Buffer.from(job.log);
    if (offset > stored.length) throw new Error(`log gap at ${offset}`);
    job.log = Buffer.concat([stored, Buffer.from(text).subarray(stored.length - offset)]).toString();
    return { stored: Buffer.byteLength(job.log) };
  }

  #cache(keys: readonly string[]): { key: string; digest: string } | null {
    const [exact = '', ...prefixes] = keys;
    const key = this.caches.has(exact) ? exact : [...this.caches.keys()].find((one) => prefixes.some((prefix) => one.startsWith(prefix)));
    return key === undefined ? null : { key, digest: this.caches.get(key) ?? '' };
  }
}

const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replace(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`);
}

function problem(response: ServerResponse, status: number, code: string, title: string): void {
  response
    .writeHead(status, { 'content-type': 'application/problem+json' })
    .end(JSON.stringify({ type: `urn:yardmaster:problem:${code}`, title, status, code, remedy: 'none' }));
}
