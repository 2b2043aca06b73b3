import { request } from 'node:http';
import { existsSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { chromium, type Browser } from 'playwright-core';
import { BIG, seedBigYard, withFloorOf } from '../web/journeys/support/seed-big-yard.ts';
import { percentile, type Benchmark } from './support/benchmark.ts';
import { makeInstance, type Instance } from './support/instance.ts';

const LIMIT_MS = 1500;
const SERVER_MS = 150;

/**
 * The Yard with 500 services in 5 environments: in a real Chromium with nothing in its cache, from the navigation until
 * rows of the board can be seen; and how long the server takes for the board's answer, asked for by itself, and asked
 * again when nothing of it has changed. Beside it, in turn: the same page of an instance without services.
 */
export const benchmark: Benchmark = async ({ rounds = 5, say }) => {
  const [full, empty] = [await makeInstance(), await makeInstance()];
  const browser = await launch();
  try {
    await withFloorOf(full, (floor) => seedBigYard(floor, BIG));
    const board = await boardOf(full, rounds + 2);
    const seen: number[] = [];
    const bare: number[] = [];
    for (let round = -1; round < rounds; round += 1) {
      const took = await untilSeen(browser, full.url, 'td button');
      const nothing = await untilSeen(browser, empty.url, 'main ol');
      if (round < 0) continue;
      seen.push(took);
      bare.push(nothing);
    }
    const [p50, slowest] = [percentile(seen, 0.5), Math.max(...seen)];
    say(
      `${BIG.services} services in ${BIG.environments} environments: rows in sight after p50 ${p50.toFixed(0)} ms, slowest ${slowest.toFixed(0)} ms`,
    );
    say(
      `the board's answer: p50 ${board.first.toFixed(0)} ms, unchanged ${board.again.toFixed(0)} ms; ${(board.bytes / 1000).toFixed(0)} kB, ${(board.packed / 1000).toFixed(0)} kB on the wire`,
    );
    return {
      unit: 'ms',
      ours: p50,
      peers: { 'the same page without services': percentile(bare, 0.5) },
      limit: LIMIT_MS,
      rounds,
      note: `median from navigation to rows in sight, slowest ${slowest.toFixed(0)} ms; the board's answer ${board.first.toFixed(0)} ms of at most ${SERVER_MS} ms`,
      within: p50 <= LIMIT_MS && board.first <= SERVER_MS,
      more: {
        slowest,
        serverMs: board.first,
        serverLimitMs: SERVER_MS,
        unchangedMs: board.again,
        bytes: board.bytes,
        wireBytes: board.packed,
      },
    };
  } finally {
    await browser.close();
    await Promise.all([full.close(), empty.close()]);
  }
};

async function launch(): Promise<Browser> {
  const executablePath = [process.env['YARDMASTER_CHROMIUM'], '/usr/bin/chromium', '/usr/bin/chromium-browser'].find(
    (path) => path !== undefined && existsSync(path),
  );
  if (executablePath === undefined) throw new Error('there is no Chromium here: install the Debian package chromium');
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
}

/** A fresh browser profile, signed in; then the one navigation that is measured. */
async function untilSeen(browser: Browser, url: string, selector: string): Promise<number> {
  const context = await browser.newContext({ baseURL: url, viewport: { width: 1280, height: 800 } });
  try {
    const credentials = { email: 'ada@example.org', password: 'a long enough password' };
    const signedIn = await context.request.post('/v1/sessions', { data: credentials, headers: { 'x-yardmaster-screen': '1' } });
    if (signedIn.status() !== 201) throw new Error(`the sign-in was answered ${signedIn.status()}`);
    const page = await context.newPage();
    const began = performance.now();
    await page.goto('/', { waitUntil: 'commit' });
    await page.waitForSelector(selector, { state: 'visible', timeout: 30_000 });
    return performance.now() - began;
  } finally {
    await context.close();
  }
}

type BoardTimes = { readonly first: number; readonly again: number; readonly bytes: number; readonly packed: number };

/** The board's answer as a browser asks for it: time to its last byte, the first two rounds left out. */
async function boardOf(instance: Instance, rounds: number): Promise<BoardTimes> {
  const first: number[] = [];
  const again: number[] = [];
  let [bytes, packed] = [0, 0];
  for (let round = 0; round < rounds; round += 1) {
    const whole = await timed(instance, {});
    bytes = gunzipSync(whole.body).length;
    packed = whole.body.length;
    const same = await timed(instance, { 'if-none-match': whole.tag });
    if (same.status !== 304) throw new Error(`asked again it was ${same.status}`);
    if (round < 2) continue;
    first.push(whole.ms);
    again.push(same.ms);
  }
  return { first: percentile(first, 0.5), again: percentile(again, 0.5), bytes, packed };
}

async function timed(
  instance: Instance,
  headers: Record<string, string>,
): Promise<{ status: number; ms: number; body: Buffer; tag: string }> {
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const asked = request(
      `${instance.url}/v1/yard`,
      { headers: { authorization: `Bearer ${instance.token}`, 'accept-encoding': 'gzip', ...headers } },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            ms: performance.now() - began,
            body: Buffer.concat(chunks),
            tag: response.headers.etag ?? '',
          }),
        );
        response.on('error', reject);
      },
    );
    asked.on('error', reject);
    asked.end();
  });
}
