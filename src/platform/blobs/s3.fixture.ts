import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { authorizationOf, type S3Keys } from './sigv4.ts';

type Early = 'cut' | number | null;

/**
 * The part of S3 that our store uses, in memory: a stand-in, not S3. It holds requests to what the S3 API reference says:
 * signatures are computed from what came over the wire, every body has the sha256 that was signed, clocks differ by 15
 * minutes at most, parts of an upload but the last have 5 MiB, and everything else is refused as S3 refuses it.
 */
export class Bucket {
  readonly objects = new Map<string, { bytes: Buffer; at: number }>();
  readonly uploads = new Map<string, { key: string; parts: Map<number, Buffer> }>();
  readonly seen: string[] = [];
  /** Called before a request is answered; `cut` breaks the connection, a number is answered as that status. */
  before: (method: string, key: string) => Early | Promise<Early> = () => null;
  /** Breaks the body of the next GET after so many bytes. */
  cutBodyAt = Infinity;
  readonly keys: S3Keys;
  readonly region: string;
  constructor(keys: S3Keys, region: string) {
    this.keys = keys;
    this.region = region;
  }

  async listen(): Promise<{ url: string; close: () => void }> {
    const server = createServer((request, response) => void this.answer(request, response));
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const address = server.address();
    return {
      url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
      close: () => (server.closeAllConnections(), server.close()),
    };
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const [path = '', search = ''] = (request.url ?? '').split('?');
    const query = new URLSearchParams(search);
    const key = decodeURIComponent(path.split('/').slice(2).join('/'));
    const method = request.method ?? '';
    this.seen.push(`${method} ${key}${search === '' ? '' : '?'}`);
    const early = await this.before(method, key);
    if (early === 'cut') return void request.socket.destroy();
    const wrong = typeof early === 'number' ? ([early, 'SlowDown'] as const) : this.refusal(request, path, query, body);
    if (wrong !== null) return void response.writeHead(wrong[0]).end(method === 'HEAD' ? '' : `<Error><Code>${wrong[1]}</Code></Error>`);
    this.act(method, key, query, request, body, response);
  }

  private refusal(request: IncomingMessage, path: string, query: URLSearchParams, body: Buffer): readonly [number, string] | null {
    const header = (name: string): string => String(request.headers[name] ?? '');
    const said =
      /^AWS4-HMAC-SHA256 Credential=([^/]+)\/\d{8}\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=[0-9a-f]{64}$/.exec(
        header('authorization'),
      );
    if (said === null) return [403, 'AccessDenied'];
    const names = (said[3] ?? '').split(';');
    const must = ['host', ...Object.keys(request.headers).filter((name) => name.startsWith('x-amz-'))];
    if (must.some((name) => !names.includes(name))) return [403, 'AccessDenied'];
    const at = header('x-amz-date');
    const time = Date.parse(at.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
    if (!(Math.abs(Date.now() - time) < 900_000)) return [403, 'RequestTimeTooSkewed'];
    const headers = Object.fromEntries(names.map((name) => [name, header(name)]));
    const payload = header('x-amz-content-sha256');
    const right = authorizationOf({ method: request.method ?? '', path, query: [...query], headers, payload }, this.keys, this.region, at);
    if (said[1] !== this.keys.accessKeyId) return [403, 'InvalidAccessKeyId'];
    if (right.replaceAll(' ', '') !== header('authorization').replaceAll(' ', '')) return [403, 'SignatureDoesNotMatch'];
    return createHash('sha256').update(body).digest('hex') === payload ? null : [400, 'XAmzContentSHA256Mismatch'];
  }

  private act(method: string, key: string, query: URLSearchParams, request: IncomingMessage, body: Buffer, response: ServerResponse): void {
    const fail = (status: number, code: string): void =>
      void response.writeHead(status).end(method === 'HEAD' ? '' : `<Error><Code>${code}</Code></Error>`);
    const tag = (bytes: Buffer): string => `"${createHash('md5').update(bytes).digest('hex')}"`;
    const uploadId = query.get('uploadId');
    const upload = uploadId === null ? undefined : this.uploads.get(uploadId);
    if (uploadId !== null && upload?.key !== key) return fail(404, 'NoSuchUpload');
    if (method === 'POST' && query.has('uploads')) {
      const id = `${randomUUID()}+/&=`;
      this.uploads.set(id, { key, parts: new Map() });
      return void response.end(
        `<InitiateMultipartUploadResult><UploadId>${id.replace('&', '&amp;')}</UploadId></InitiateMultipartUploadResult>`,
      );
    }
    if (upload !== undefined && uploadId !== null) {
      if (method === 'PUT') {
        upload.parts.set(Number(query.get('partNumber')), body);
        return void response.writeHead(200, { etag: tag(body) }).end();
      }
      this.uploads.delete(uploadId);
      if (method === 'DELETE') return void response.writeHead(204).end();
      const asked = [...body.toString().matchAll(/<PartNumber>(\d+)<\/PartNumber><ETag>(.*?)<\/ETag>/g)];
      const parts = asked.map(([, number, etag]) => ({
        bytes: upload.parts.get(Number(number)),
        etag: (etag ?? '').replaceAll('&quot;', '"'),
      }));
      if (parts.some(({ bytes, etag }) => bytes === undefined || tag(bytes) !== etag)) return fail(400, 'InvalidPart');
      if (parts.slice(0, -1).some(({ bytes }) => (bytes?.length ?? 0) < 5 * 1024 ** 2)) return fail(400, 'EntityTooSmall');
      const whole = Buffer.concat(parts.map(({ bytes }) => bytes ?? Buffer.alloc(0)));
      this.objects.set(key, { bytes: whole, at: Date.now() });
      return void response.end(`<CompleteMultipartUploadResult><ETag>${tag(whole)}</ETag></CompleteMultipartUploadResult>`);
    }
    if (method === 'PUT') {
      this.objects.set(key, { bytes: body, at: Date.now() });
      return void response.writeHead(200, { etag: tag(body) }).end();
    }
    const found = this.objects.get(key);
    if (method === 'DELETE') {
      this.objects.delete(key);
      return void response.writeHead(204).end();
    }
    if (found === undefined) return fail(404, 'NoSuchKey');
    this.give(found, request, response, method);
  }

  private give({ bytes, at }: { bytes: Buffer; at: number }, request: IncomingMessage, response: ServerResponse, method: string): void {
    const range = /^bytes=(\d+)-(\d+)$/.exec(String(request.headers['range'] ?? ''));
    const [from, to] = range === null ? [0, bytes.length] : [Number(range[1]), Math.min(Number(range[2]) + 1, bytes.length)];
    if (range !== null && from >= bytes.length) return void response.writeHead(416).end('<Error><Code>InvalidRange</Code></Error>');
    const part = bytes.subarray(from, to);
    // Whole seconds, as HTTP has them.
    const headers = { 'content-length': part.length, 'last-modified': new Date(at).toUTCString() };
    response.writeHead(range === null ? 200 : 206, headers);
    if (method === 'HEAD') return void response.end();
    if (part.length <= this.cutBodyAt) return void response.end(part);
    response.write(part.subarray(0, this.cutBodyAt), () => response.destroy());
    this.cutBodyAt = Infinity;
  }
}
