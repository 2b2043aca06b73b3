import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';

/** Below this, compressing costs more than it saves. */
const WORTH_BYTES = 2048;

/**
 * A JSON answer with a strong ETag over its bytes (RFC 9110, 8.8.3); 304 without a body where the caller holds the same.
 * Large ones go out compressed where the caller takes gzip: they hold no secret beside text of strangers.
 */
export function conditionalJson(answer: unknown, request: Headers, status: number): Response {
  const body = Buffer.from(JSON.stringify(answer));
  const tag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 27)}"`;
  const headers: Record<string, string> = { etag: tag, vary: 'accept-encoding, authorization, cookie' };
  if (holds(request.get('if-none-match'), tag)) return new Response(null, { status: 304, headers });
  headers['content-type'] = 'application/json';
  if (body.length < WORTH_BYTES || !/\bgzip\b/.test(request.get('accept-encoding') ?? '')) return new Response(body, { status, headers });
  return new Response(gzipSync(body, { level: 1 }), { status, headers: { ...headers, 'content-encoding': 'gzip' } });
}

/** Whether a list of tags as in If-None-Match names this one; `*` names none, because we can't know what the caller holds. */
function holds(asked: string | null, tag: string): boolean {
  return (asked ?? '')
    .slice(0, 2000)
    .split(',')
    .some((one) => one.trim().replace(/^W\//, '') === tag);
}
