import { defineProblem } from '../kernel/problem.ts';

export const databaseUnavailable = defineProblem<{ cause: string }>('platform.database-unavailable', {
  status: 503,
  sentence: 'The database can not be reached right now.',
  remedy: 'Try again in a few seconds; nothing of this request was kept. If it stays so, look at /readyz and the server log.',
});
export const databaseFull = defineProblem<{ cause: string }>('platform.storage-full', {
  status: 507,
  sentence: 'There is no space left where the server keeps its data.',
  remedy: 'Free space on the state folder or the database volume, then repeat the request; nothing of it was kept.',
});
export const databaseStart = defineProblem<{ cause: string }>('platform.database-start', {
  status: 500,
  sentence: ({ cause }) => `The embedded PostgreSQL did not start: ${cause}.`,
  remedy: 'See postgres.log in the state folder, or set DATABASE_URL to a PostgreSQL of your own (15 or newer).',
});
export const schemaNewer = defineProblem<{ name: string }>('platform.schema-newer', {
  status: 500,
  sentence: ({ name }) => `The database holds a migration that this program does not know: ${name}.`,
  remedy: 'Start the newer program that made it, or restore a backup from before the upgrade.',
});
export const blobMissing = defineProblem<{ digest: string }>('platform.blob-missing', {
  status: 404,
  sentence: ({ digest }) => `No bytes with the digest ${digest} are stored here.`,
  remedy: 'Upload them again, or restore the blob folder from a backup.',
});
export const blobDamaged = defineProblem<{ digest: string; found: string }>('platform.blob-damaged', {
  status: 500,
  sentence: ({ digest, found }) => `The stored bytes of ${digest} have changed: they are ${found}.`,
  remedy: 'Do not use them. Restore the blob folder from a backup, or build again.',
});
export const blobMismatch = defineProblem<{ expected: string; found: string }>('platform.digest-mismatch', {
  status: 422,
  sentence: ({ expected, found }) => `The bytes received are ${found}, not ${expected}.`,
  remedy: 'Send the bytes again; they were changed or cut on the way.',
});
export const blobStoreFailed = defineProblem<{ why: string }>('platform.blob-store', {
  status: 503,
  sentence: ({ why }) => `The store of bytes did not do what it was asked: ${why}.`,
  remedy: 'Repeat it in a while. If it stays so, look at YARDMASTER_BLOBS, YARDMASTER_S3_ENDPOINT and the credentials of the bucket.',
});
export const tooLarge = defineProblem<{ limit: number }>('platform.too-large', {
  status: 413,
  sentence: ({ limit }) => `That is more than the limit of ${limit} bytes.`,
  remedy: 'Send less at once.',
});
export const tooSlow = defineProblem<{ ms: number }>('platform.too-slow', {
  status: 408,
  sentence: ({ ms }) => `The body of the request did not come within ${ms} ms.`,
  remedy: 'Send it again over a connection that holds; large files are taken as long as they keep coming.',
});
export const notFound = defineProblem<{ what: string }>('platform.not-found', {
  status: 404,
  sentence: ({ what }) => `There is no ${what} here.`,
  remedy: 'Check the address; GET /openapi.json lists every route.',
});
export const badRequest = defineProblem<{ errors: readonly { place: string; message: string }[] }>('platform.bad-request', {
  status: 400,
  sentence: ({ errors }) =>
    `The request is not of the form that this route takes: ${errors.map((error) => `${error.place}: ${error.message}`).join('; ')}.`,
  remedy: 'Correct these places; GET /openapi.json describes every field.',
});
export const keyReused = defineProblem<{ key: string }>('platform.idempotency-key-reused', {
  status: 422,
  sentence: 'This Idempotency-Key was used before for another request.',
  remedy: 'Use a fresh key for each new command; repeat a key only to repeat the very same request.',
});
export const stale = defineProblem<{ what: string }>('platform.stale', {
  status: 409,
  sentence: ({ what }) => `${what} has changed since you read it.`,
  remedy: 'Read it again, look at what changed, and repeat.',
});
export const notSignedIn = defineProblem<Record<string, never>>('identity.not-signed-in', {
  status: 401,
  sentence: 'This needs a valid credential, and there was none or it has ended.',
  remedy: 'Send `Authorization: Bearer TOKEN`; make a token with `ym token create`, or set YARDMASTER_TOKEN.',
});
export const notAllowed = defineProblem<{ action: string; on: string; roles: readonly string[] }>('identity.not-allowed', {
  status: 403,
  sentence: ({ action, on }) => `You may not do ${action} on ${on}.`,
  remedy: ({ roles }) => `It needs one of the roles ${roles.join(', ')} there, and a token that was not narrowed below it; ask an admin.`,
});
export const draining = defineProblem<Record<string, never>>('platform.stopping', {
  status: 503,
  sentence: 'This server is stopping.',
  remedy: 'Repeat the request; another server, or this one after its restart, will take it.',
});
export const starting = defineProblem<Record<string, never>>('platform.starting', {
  status: 503,
  sentence: 'This server is starting.',
  remedy: 'Repeat the request in a second.',
});
const PORT_WORDS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there already',
  EACCES: 'ports below 1024 are for root, or for a program with that capability',
  EADDRNOTAVAIL: 'this machine has no such address',
};
export const portTaken = defineProblem<{ host: string; port: number; why: string }>('platform.port-taken', {
  status: 409,
  sentence: ({ host, port, why }) => `The server can't listen on ${host} port ${port}: ${PORT_WORDS[why] ?? why}.`,
  remedy:
    'If it is another Yardmaster, stop it or use that one; else choose a free port with YARDMASTER_PORT, or an address with YARDMASTER_HOST.',
});
export const databaseRuns = defineProblem<{ state: string; pid: number }>('platform.database-runs', {
  status: 409,
  sentence: ({ state, pid }) => `The database of ${state} still runs as process ${pid}, so its files can't be handed to another user.`,
  remedy: 'Stop the server that uses it (it stops its database too), then start again with --user.',
});

export const badCertificate = defineProblem<{ why: string }>('platform.certificate', {
  status: 500,
  sentence: ({ why }) => `The certificate can't be used: ${why}.`,
  remedy:
    'YARDMASTER_TLS_CERT is a chain in PEM, YARDMASTER_TLS_KEY its private key without a passphrase; the server must be able to read both.',
});
export const tooManyRequests = defineProblem<{ limit: string; perMinute: number; retryAfter: number }>('platform.too-many-requests', {
  status: 429,
  sentence: ({ limit, perMinute }) => `That is more than the limit "${limit}" allows: ${perMinute} requests a minute.`,
  remedy: ({ retryAfter }) =>
    `Nothing of it was done. Repeat it in ${retryAfter} s or later; whoever runs this server can raise the limit with YARDMASTER_LIMITS.`,
});
export const wrongHost = defineProblem<Record<string, never>>('platform.wrong-host', {
  status: 421,
  sentence: 'This server does not go by the name that the request asks for.',
  remedy: 'Use the address it is known by; whoever runs it names it with YARDMASTER_PUBLIC_URL, and further names with YARDMASTER_HOSTS.',
});

export const clientTooOld = defineProblem<{ speaks: number; needs: number }>('platform.client-too-old', {
  status: 426,
  sentence: ({ speaks, needs }) => `This client speaks version ${speaks} of the protocol, and this server takes ${needs} and newer.`,
  remedy: 'Upgrade it: ym, runners and agents may be one release behind the server, not more.',
});
export const otherOrigin = defineProblem<Record<string, never>>('platform.other-origin', {
  status: 403,
  sentence: 'This request carries a browser session, but does not come from a page of Yardmaster.',
  remedy: 'Act from the pages of Yardmaster, or send a token in the Authorization header.',
});

export const inOtherHands = defineProblem<{ what: string }>('platform.in-other-hands', {
  status: 409,
  sentence: ({ what }) => `Somebody else is at work on ${what}, and it did not end.`,
  remedy: 'Try again in a minute; work that waits in line is tried again by itself.',
});

export const bug = defineProblem<{ requestId: string }>('platform.bug', {
  status: 500,
  sentence: 'Something went wrong inside Yardmaster; nothing of this request was kept.',
  remedy: ({ requestId }) =>
    `Repeat it once. If it fails again, report the request id ${requestId} with the server's log lines of that id.`,
});
