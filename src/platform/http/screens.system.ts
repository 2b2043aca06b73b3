import { existsSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context, Hono } from 'hono';

/** Pages run only scripts and styles of our own origin, are framed by nobody, and send nothing elsewhere. */
export const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

const PAGE_HEADERS = {
  'content-security-policy': PAGE_POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
};

/** Only what the build makes is served; anything else in the folder is not. */
const TYPES: Readonly<Record<string, string>> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  woff2: 'font/woff2',
  json: 'application/json',
};

/** Addresses that a page may have: a few plain words. What is odd is no page (and 404 like any other). */
const PAGE = /^\/(?:[a-z][a-z-]{0,30}(?:\/[A-Za-z0-9_:.@~-]{1,200}){0,3})?$/;
const NOT_PAGES = /^\/(?:v1|assets|openapi|reference|healthz|readyz|metrics\.)/;

/**
 * Serves the screens from the folder that `npm run build:web` made: hashed files for a year, the one page for every
 * address of a screen. A browser that asks for a page gets the page, and the page asks the API like anybody else.
 */
export function mountScreens(app: Hono, folder: string): void {
  const built = existsSync(join(folder, 'index.html'));
  const assets = new Set(built && existsSync(join(folder, 'assets')) ? readdirSync(join(folder, 'assets')) : []);
  const tops = new Set(built ? readdirSync(folder) : []);

  app.get('/assets/:name', async (context, next) => {
    const name = context.req.param('name');
    const type = typeOf(name);
    if (!assets.has(name) || type === undefined) return next();
    return file(context, join(folder, 'assets', name), type, 'public, max-age=31536000, immutable', (encoding) =>
      assets.has(`${name}.${encoding}`),
    );
  });
  app.get('/:name{favicon\\.svg|manifest\\.json}', async (context, next) => {
    const name = context.req.param('name');
    const type = typeOf(name);
    if (!tops.has(name) || type === undefined) return next();
    return file(context, join(folder, name), type, 'public, max-age=3600', () => false);
  });
  app.get('*', async (context, next) => {
    const { pathname } = new URL(context.req.url);
    const wanted = (context.req.header('accept') ?? '').includes('text/html') && PAGE.test(pathname) && !NOT_PAGES.test(pathname);
    if (!wanted) return next();
    if (!built) return page('The screens are not built here.', 'Build them with: npm run build:web');
    return file(context, join(folder, 'index.html'), 'text/html; charset=utf-8', 'no-cache', (encoding) =>
      tops.has(`index.html.${encoding}`),
    );
  });
}

function typeOf(name: string): string | undefined {
  const ending = name.split('.').at(-1) ?? '';
  return Object.hasOwn(TYPES, ending) ? TYPES[ending] : undefined;
}

async function file(context: Context, path: string, type: string, cache: string, has: (encoding: string) => boolean): Promise<Response> {
  const accepted = (context.req.header('accept-encoding') ?? '').split(',').map((word) => word.split(';')[0]?.trim());
  const encoding = accepted.includes('br') && has('br') ? 'br' : accepted.includes('gzip') && has('gz') ? 'gz' : null;
  const bytes = await readFile(encoding === null ? path : `${path}.${encoding}`);
  return new Response(new Uint8Array(bytes), {
    headers: {
      ...PAGE_HEADERS,
      'content-type': type,
      'cache-control': cache,
      vary: 'accept-encoding',
      ...(encoding === null ? {} : { 'content-encoding': encoding === 'gz' ? 'gzip' : 'br' }),
    },
  });
}

function page(sentence: string, remedy: string): Response {
  return new Response(
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Yardmaster</title></head><body><h1>${sentence}</h1><p>${remedy}</p></body></html>`,
    { status: 503, headers: { ...PAGE_HEADERS, 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' } },
  );
}
