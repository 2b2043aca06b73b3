import { isBytes, type RouteShape } from '../../contract/route.ts';
import { accessWords, openApi } from './openapi.ts';

/** The reference as one page of plain HTML: no script, nothing from elsewhere. */
export function referencePage(routes: readonly RouteShape[], version: string): string {
  const groups = Map.groupBy(routes, (route) => route.path.split('/')[2] ?? 'other');
  const doc = openApi(routes, version) as { paths: Record<string, Record<string, Operation>> };
  const sections = [...groups].map(
    ([name, group]) =>
      `<h2 id="${escapeHtml(name)}">${escapeHtml(name)}</h2>${group.map((route) => section(route, doc.paths[route.path]?.[route.method.toLowerCase()])).join('')}`,
  );
  const menu = [...groups.keys()].map((name) => `<a href="#${escapeHtml(name)}">${escapeHtml(name)}</a>`).join(' ');
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>Yardmaster API</title><link rel="stylesheet" href="/reference.css"></head><body><main><h1>Yardmaster API ${escapeHtml(version)}</h1><p>Machine-readable: <a href="/openapi.json">/openapi.json</a>. Send <code>Authorization: Bearer TOKEN</code>, and an <code>Idempotency-Key</code> with every unsafe call that you may repeat.</p><nav>${menu}</nav>${sections.join('')}</main></body></html>`;
}

type Operation = {
  parameters: { name: string; in: string; required: boolean; schema: unknown }[];
  requestBody?: { content: Record<string, { schema: unknown }> };
  responses: Record<string, { content?: Record<string, { schema: unknown }> }>;
};

function section(route: RouteShape, operation: Operation | undefined): string {
  if (operation === undefined) return '';
  const rows = operation.parameters.map(
    (one) =>
      `<tr><td><code>${escapeHtml(one.name)}</code></td><td>${escapeHtml(one.in)}${one.required ? '' : ', optional'}</td><td><code>${escapeHtml(brief(one.schema))}</code></td></tr>`,
  );
  const body = Object.values(operation.requestBody?.content ?? {})[0]?.schema;
  const answer = operation.responses[String(route.status ?? 200)]?.content;
  return [
    `<article><h3><b>${route.method}</b> <code>${escapeHtml(route.path)}</code></h3><p>${escapeHtml(route.summary)} <small>(${escapeHtml(accessWords(route))})</small></p>`,
    rows.length === 0 ? '' : `<table>${rows.join('')}</table>`,
    body === undefined ? '' : `<details><summary>Body</summary><pre>${escapeHtml(JSON.stringify(body, null, 2))}</pre></details>`,
    answer === undefined
      ? ''
      : `<details><summary>Answer${isBytes(route.answer) ? ' (bytes)' : ''}</summary><pre>${escapeHtml(JSON.stringify(Object.values(answer)[0]?.schema, null, 2))}</pre></details>`,
    '</article>',
  ].join('');
}

function brief(schema: unknown): string {
  const {
    type,
    pattern,
    enum: words,
    default: standard,
  } = schema as { type?: string; pattern?: string; enum?: string[]; default?: unknown };
  return [words?.join(' | ') ?? type ?? '', pattern ?? '', standard === undefined ? '' : `= ${JSON.stringify(standard)}`]
    .filter((part) => part !== '')
    .join(' ');
}

/** Text as HTML text or attribute. */
export function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll("'", '&#39;');
}

export const REFERENCE_CSS = `:root{color-scheme:light dark;font:15px/1.5 system-ui,sans-serif}body{margin:0}main{max-width:60rem;margin:auto;padding:1rem}nav a{margin-right:.7rem;display:inline-block}
article{border-top:1px solid #8884;padding:.5rem 0}h3{margin:.3rem 0;font-size:1rem;overflow-wrap:anywhere}pre{overflow:auto;background:#8881;padding:.7rem}table{border-collapse:collapse}td{padding:.1rem .7rem .1rem 0;vertical-align:top;overflow-wrap:anywhere}`;
