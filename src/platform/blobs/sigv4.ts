import { createHash, createHmac } from 'node:crypto';

export type S3Keys = { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken: string | null };

/** A request as it is signed. `headers` have lower-case names; all of them are signed. */
export type ToSign = {
  readonly method: string;
  /** As it goes over the wire: every segment encoded. */
  readonly path: string;
  readonly query: readonly (readonly [string, string])[];
  readonly headers: Readonly<Record<string, string>>;
  /** sha256 of the body in hex, or `UNSIGNED-PAYLOAD`. */
  readonly payload: string;
};

/** Percent-encoding as AWS wants it: everything but A-Z a-z 0-9 - . _ ~ */
export function awsEncode(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);
}

/**
 * The `authorization` header of AWS Signature Version 4 ("Authenticating Requests: Using the Authorization Header", S3 API
 * reference) for the service s3. `at` is the request's `x-amz-date`, such as 20130524T000000Z, which must be among the headers.
 */
export function authorizationOf(request: ToSign, keys: S3Keys, region: string, at: string): string {
  const names = Object.keys(request.headers).sort();
  const query = request.query
    .map(([name, value]) => `${awsEncode(name)}=${awsEncode(value)}`)
    .sort()
    .join('&');
  const lines = names.map((name) => `${name}:${(request.headers[name] ?? '').trim().replaceAll(/ +/g, ' ')}\n`).join('');
  const canonical = [request.method, request.path, query, lines, names.join(';'), request.payload].join('\n');
  const scope = `${at.slice(0, 8)}/${region}/s3/aws4_request`;
  const text = ['AWS4-HMAC-SHA256', at, scope, createHash('sha256').update(canonical).digest('hex')].join('\n');
  let key: Buffer = Buffer.from(`AWS4${keys.secretAccessKey}`);
  for (const part of scope.split('/')) key = createHmac('sha256', key).update(part).digest();
  const signature = createHmac('sha256', key).update(text).digest('hex');
  return `AWS4-HMAC-SHA256 Credential=${keys.accessKeyId}/${scope},SignedHeaders=${names.join(';')},Signature=${signature}`;
}
