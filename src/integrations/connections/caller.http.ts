import { setTimeout as sleep } from 'node:timers/promises';
import type { EgressAnswer, EgressCall } from '../../host/egress.http.ts';
import { system } from '../../kernel/actor.ts';
import { Problem } from '../../kernel/problem.ts';
import { plus, type Millis } from '../../kernel/time.ts';
import type { Floor } from '../../platform/floor.ts';
import { rowById, saveHealth, type ConnectionRow } from './connection.store.ts';
import { connectionRefused } from './connections.events.ts';
import { answeredBadly, elsewhere, noSuchConnection, notJson, quiet, refused, tooManyPages } from './connections.problems.ts';
import { openCredential } from './credential.system.ts';
import type { Answer, Asked, Caller, Connection, Vendor } from './vendor.ts';

/** How often one question is put at most, and how long the first pause is; each next one is twice as long, half of it by chance. */
const TRIES = 3;
const PAUSE_MS: Millis = 300;
/** A wait that the other side asks for and that is no longer than this is waited for; a longer one is a `connections.quiet` problem. */
const PATIENCE_MS: Millis = 2000;
/** Whatever the other side says, it is asked again after this. */
const QUIET_MOST_MS: Millis = 3_600_000;
const PAGES = 100;

type Kept = { readonly headers: Readonly<Record<string, string>>; readonly until: Millis | null; readonly of: string };
const tokens = new Map<string, Kept>();

/**
 * A caller for a connection. Every request goes out through the one way out, outside any transaction, with the
 * connection's own credential and only to its own origin. How it went is kept with the connection, so that people see it:
 * `working`, `failing`, or `refused`, after which nothing is asked until the credential was changed.
 */
export async function callerFor(floor: Floor, org: string, id: string, vendorOf: (name: string) => Vendor): Promise<Caller> {
  const { row, credential } = await floor.db.read(org, async (tx) => {
    const found = await rowById(tx, id);
    if (found === null) throw noSuchConnection({ name: id });
    return { row: found, credential: await openCredential(tx, found) };
  });
  const vendor = vendorOf(row.vendor);
  const connection = connectionOf(row);
  const mark = `${row.id}:${row.version}`;
  const authorized = async (fresh: boolean): Promise<Readonly<Record<string, string>>> => {
    const kept = tokens.get(row.id);
    if (!fresh && kept?.of === mark && (kept.until === null || kept.until > Date.now())) return kept.headers;
    const signed = await vendor.authorize(connection, credential, (call) => floor.egress.call(call), Date.now());
    tokens.set(row.id, { ...signed, of: mark });
    return signed.headers;
  };
  const ask = (asked: Asked): Promise<Answer> => askPatiently({ floor, vendor, connection, authorized }, asked);
  return {
    connection,
    ask,
    gitPassword: async () => credential['deployToken'] ?? passwordOf(await authorized(false)),
    async *pages(asked, most = PAGES) {
      let next: Asked = asked;
      for (let page = 1; ; page += 1) {
        const answer = await ask(next);
        yield answer.json;
        const url = addressOf(connection, next);
        const to = vendor.next({ status: answer.status, headers: answer.headers, body: answer.bytes }, url);
        if (to === null) return;
        if (page === most) throw tooManyPages({ name: connection.name, what: asked.path, most });
        next = { ...asked, path: new URL(to, url).href, query: {} };
      }
    },
  };
}

/** The token of an `Authorization` header, whatever word stands before it; of a basic one the password. */
function passwordOf(headers: Readonly<Record<string, string>>): string {
  const [scheme = '', value = ''] = (headers['authorization'] ?? '').split(' ', 2);
  if (scheme.toLowerCase() !== 'basic') return value;
  const pair = Buffer.from(value, 'base64').toString('utf8');
  return pair.slice(pair.indexOf(':') + 1);
}

/** What vendors see of a row. */
export function connectionOf({ id, org, vendor, name, url, settings, state, quietUntil }: ConnectionRow): Connection {
  return { id, org, vendor, name, url, settings, state, quietUntil };
}

type Way = {
  readonly floor: Floor;
  readonly vendor: Vendor;
  readonly connection: Connection;
  readonly authorized: (fresh: boolean) => Promise<Readonly<Record<string, string>>>;
};

async function askPatiently(way: Way, asked: Asked): Promise<Answer> {
  const { connection, floor, vendor } = way;
  if (connection.state === 'refused') throw refused({ name: connection.name, status: 401 });
  if (connection.quietUntil !== null && Date.parse(connection.quietUntil) > Date.now())
    throw quiet({ name: connection.name, until: connection.quietUntil });
  const mayRepeat = (asked.method ?? 'GET') !== 'POST' && asked.method !== 'PATCH' ? true : asked.repeatable === true;
  for (let attempt = 1, renewed = false; ; attempt += 1) {
    const answer = await once(way, asked, renewed && attempt === 2).catch((error: unknown) => failure(error));
    if ('failed' in answer) {
      if (mayRepeat && attempt < TRIES && answer.failed instanceof Problem && answer.failed.code === 'egress.failed') {
        await pause(attempt);
        continue;
      }
      await keep(way, 'failing', sentenceOf(answer.failed), null);
      throw answer.failed;
    }
    const wait = answer.status >= 400 ? vendor.quiet(answer, Date.now()) : null;
    if (wait !== null) {
      if (wait <= PATIENCE_MS && attempt < TRIES) {
        await sleep(wait + Math.random() * 100);
        continue;
      }
      const until = plus(new Date().toISOString(), Math.min(wait, QUIET_MOST_MS));
      await keep(way, 'failing', `asked to be left alone until ${until}`, until);
      throw quiet({ name: connection.name, until });
    }
    if (answer.status === 401 || vendor.refuses?.(answer) === true) {
      // A short-lived token may have ended early: a new one is asked for once.
      if (!renewed) {
        renewed = true;
        attempt = 1;
        continue;
      }
      await keep(way, 'refused', `it answers ${answer.status} to our credential`, null);
      throw refused({ name: connection.name, status: answer.status });
    }
    if (answer.status >= 500 && mayRepeat && attempt < TRIES && asked.expect?.includes(answer.status) !== true) {
      await pause(attempt);
      continue;
    }
    return settle(way, asked, answer, floor);
  }
}

async function settle(way: Way, asked: Asked, answer: EgressAnswer, floor: Floor): Promise<Answer> {
  const what = asked.path.split('?')[0]?.slice(0, 200) ?? '';
  const { name } = way.connection;
  if (answer.status >= 400 && asked.expect?.includes(answer.status) !== true) {
    const problem = answeredBadly({ name, status: answer.status, what });
    if (answer.status >= 500) await keep(way, 'failing', problem.sentence, null);
    throw problem;
  }
  if (way.connection.state !== 'working') await keep(way, 'working', null, null);
  floor.log.trace({ connection: way.connection.id, what, status: answer.status }, 'asked');
  return {
    status: answer.status,
    headers: answer.headers,
    bytes: answer.body,
    get json() {
      return parse(answer.body, name, what);
    },
  };
}

function parse(body: Uint8Array, name: string, what: string): unknown {
  if (body.length === 0) return null;
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    throw notJson({ name, what });
  }
}

async function once(way: Way, asked: Asked, fresh: boolean): Promise<EgressAnswer> {
  const url = addressOf(way.connection, asked);
  const call: EgressCall = {
    method: asked.method ?? 'GET',
    url: url.href,
    headers: {
      ...way.vendor.headers,
      ...(await way.authorized(fresh)),
      ...(asked.json === undefined ? {} : { 'content-type': 'application/json' }),
      ...(asked.form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
      ...asked.headers,
    },
    ...(asked.json === undefined ? {} : { body: JSON.stringify(asked.json) }),
    ...(asked.form === undefined ? {} : { body: new URLSearchParams(asked.form).toString() }),
    ...(asked.limit === undefined ? {} : { limit: asked.limit }),
    ...(asked.timeoutMs === undefined ? {} : { timeoutMs: asked.timeoutMs }),
    ...(asked.redirects === undefined ? {} : { redirects: asked.redirects }),
  };
  return way.floor.egress.call(call);
}

/** The whole address: below the connection's own, or one of the same origin. Throws `connections.elsewhere` for another. */
function addressOf(connection: Connection, asked: Asked): URL {
  const base = new URL(connection.url.endsWith('/') ? connection.url : `${connection.url}/`);
  const url = new URL(asked.path.replace(/^\/+/, ''), base);
  if (url.origin !== base.origin) throw elsewhere({ name: connection.name });
  for (const [name, value] of Object.entries(asked.query ?? {})) if (value !== undefined) url.searchParams.set(name, String(value));
  return url;
}

async function keep(way: Way, state: Connection['state'], error: string | null, quietUntil: string | null): Promise<void> {
  const { floor, connection } = way;
  await floor.db.tx(connection.org, async (tx) => {
    const before = await saveHealth(tx, connection.id, { state, error: error?.slice(0, 1000) ?? null, quietUntil, at: await tx.now() });
    if (state !== 'refused' || before === null || before === 'refused') return;
    const body = { vendor: connection.vendor, name: connection.name };
    await tx.record(connectionRefused, { subject: connection.id, actor: system(connection.org, 'connections'), body });
  });
}

const pause = (attempt: number): Promise<void> => {
  const whole = PAUSE_MS * 2 ** (attempt - 1);
  return sleep(whole / 2 + (Math.random() * whole) / 2);
};

function failure(error: unknown): { readonly failed: unknown } {
  return { failed: error };
}

function sentenceOf(error: unknown): string {
  return error instanceof Problem ? error.sentence : 'it could not be asked';
}
