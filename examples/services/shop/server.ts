import { createServer } from 'node:http';
import { product } from './shop.ts';

const prices = process.env['SERVICE_URL_PRICES'] ?? 'http://127.0.0.1:8081';
const stock = process.env['SERVICE_URL_STOCK'] ?? 'http://127.0.0.1:8082';

async function ask(url: string): Promise<Record<string, number> | null> {
  const response = await fetch(url, { signal: AbortSignal.timeout(2000) });
  if (response.status === 404) return null;
  if (!response.ok) throw new Error(`${url} answers ${response.status}`);
  return (await response.json()) as Record<string, number>;
}

const server = createServer((request, response) => {
  const answer = (status: number, body: unknown): void => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  };
  const path = new URL(request.url ?? '/', 'http://localhost').pathname;
  if (path === '/healthz') return answer(200, { ok: true });
  const sku = /^\/products\/([a-z]+)$/.exec(path)?.[1];
  if (sku === undefined) return answer(404, { error: 'no such page' });
  Promise.all([ask(`${prices}/prices/${sku}`), ask(`${stock}/stock/${sku}`)])
    .then(([price, left]) => (price === null || left === null ? answer(404, { error: 'no such product' }) : answer(200, product(sku, price['cents'] ?? 0, left['left'] ?? 0))))
    .catch((error: unknown) => answer(500, { error: error instanceof Error ? error.message : 'failed' }));
});

server.listen(Number(process.env['PORT'] ?? 8080), '127.0.0.1');
process.on('SIGTERM', () => server.close(() => process.exit(0)));
