import type { Hono } from 'hono';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { RouteShape } from '../../contract/route.ts';
import type { Floor } from '../floor.ts';
import { openApi } from './openapi.ts';
import { REFERENCE_CSS, referencePage } from './reference.ts';
import type { Observe } from './server.system.ts';

export type Meters = { readonly registry: Registry; readonly observe: Observe };

/** Counters of this process, in the Prometheus text form at /metrics. Label values are route shapes, never paths. */
export function makeMeters(): Meters {
  const registry = new Registry();
  const requests = new Counter({
    name: 'yardmaster_http_requests_total',
    help: 'Requests by route and status',
    labelNames: ['route', 'status'],
    registers: [registry],
  });
  const duration = new Histogram({
    name: 'yardmaster_http_request_seconds',
    help: 'Time to answer by route',
    labelNames: ['route'],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 30],
    registers: [registry],
  });
  new Gauge({
    name: 'yardmaster_process_resident_bytes',
    help: 'Resident memory of the server process',
    registers: [registry],
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });
  // Which series a request counts in is looked up once: routes and statuses are few.
  const series = new Map<string, { readonly requests: Counter.Internal; readonly duration: Histogram.Internal<'route'> }>();
  return {
    registry,
    observe(route, status, ms) {
      const key = `${status} ${route}`;
      let counted = series.get(key);
      if (counted === undefined)
        series.set(key, (counted = { requests: requests.labels({ route, status }), duration: duration.labels({ route }) }));
      counted.requests.inc();
      counted.duration.observe(ms / 1000);
    },
  };
}

type Parts = {
  readonly floor: Floor;
  readonly meters: Meters;
  readonly routes: readonly RouteShape[];
  readonly version: string;
  readonly stopping: AbortSignal;
};

/** The doors for those who operate the server: alive, ready, measured, described. They tell nothing about any tenant. */
export function mountOperations(app: Hono, { floor, meters, routes, version, stopping }: Parts): void {
  app.get('/healthz', (context) => context.json({ alive: true, version }));
  app.get('/readyz', async (context) => {
    if (stopping.aborted) return context.json({ ready: false, because: 'stopping' }, 503);
    try {
      await floor.db.read(floor.org, (tx) => tx.now());
      // Paused it still takes requests: people must be able to look and to resume, and agents to report.
      return context.json(floor.paused() ? { ready: true, paused: true, because: 'paused after a restore' } : { ready: true });
    } catch {
      return context.json({ ready: false, because: 'the database does not answer' }, 503);
    }
  });
  app.get('/metrics', async (context, next) => {
    // The screen of the same name: browsers ask for a page, and what scrapes never does.
    if ((context.req.header('accept') ?? '').includes('text/html')) return next();
    const parked = await parkedJobs(floor);
    return new Response(`${await meters.registry.metrics()}${parked}`, { headers: { 'content-type': meters.registry.contentType } });
  });
  let described: string | null = null;
  app.get(
    '/openapi.json',
    () => new Response((described ??= JSON.stringify(openApi(routes, version))), { headers: { 'content-type': 'application/json' } }),
  );
  app.get(
    '/reference',
    () =>
      new Response(referencePage(routes, version), {
        headers: {
          'content-type': 'text/html; charset=utf-8',
          'content-security-policy': "default-src 'none'; style-src 'self'",
          'x-content-type-options': 'nosniff',
        },
      }),
  );
  app.get('/reference.css', () => new Response(REFERENCE_CSS, { headers: { 'content-type': 'text/css' } }));
}

async function parkedJobs(floor: Floor): Promise<string> {
  try {
    const row = await floor.db.read('*', (tx) =>
      tx.one<{ waiting: number; parked: number; placing: number }>(
        `select count(*) filter (where attempts < max_attempts) as waiting, count(*) filter (where attempts >= max_attempts) as parked,
              (select count(*) from ledger_pending) as placing from graphile_worker.jobs`,
      ),
    );
    return `\nyardmaster_jobs_waiting ${row.waiting}\nyardmaster_jobs_parked ${row.parked}\nyardmaster_ledger_pending ${row.placing}\n`;
  } catch {
    return '\n';
  }
}
