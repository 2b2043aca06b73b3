import { z } from 'zod';
import { idOf } from './common.ts';
import { defineRoute, type Access } from './route.ts';

/** Logs of jobs by line: read in ranges, from the tail, searched on the server, and whole. */

/** What of one line is answered at most; the rest of it is in the download. */
export const LINE_LIMIT = 16_384;
/** Most lines in one answer; it is also cut at a MiB of text. */
export const LINES_LIMIT = 2000;

const access = { kind: 'may', action: 'run.read', on: ['params.job'] } as const satisfies Access;
const params = z.object({ job: idOf('job') });
/** Default: the newest attempt. */
const attempt = z.coerce.number().int().positive().max(1_000_000).optional();
const lineNumber = z.coerce.number().int().min(1).max(1_000_000_000);

export const readLines = defineRoute({
  method: 'GET',
  path: '/v1/jobs/{job}/log/lines',
  summary: 'Lines of the redacted log of a job, from line `from` (1 is the first) or the last `tail`; `wait` seconds for more than `lines`',
  access,
  transaction: 'none',
  params,
  query: z.object({
    attempt,
    from: lineNumber.default(1),
    tail: z.coerce.number().int().min(1).max(LINES_LIMIT).optional(),
    count: z.coerce.number().int().min(1).max(LINES_LIMIT).default(500),
    /** With both, the answer waits up to `wait` seconds for a log of other than `bytes` bytes, or its end. */
    wait: z.coerce.number().int().min(0).max(30).default(0),
    bytes: z.coerce.number().int().min(0).optional(),
  }),
  answer: z.object({
    attempt: z.number().int(),
    /** Number of the first line here. */
    from: z.number().int(),
    lines: z.array(z.string()),
    /** Bytes left out of lines longer than 16 KiB, by their number. */
    cut: z.record(z.string(), z.number().int()),
    /** How many lines and bytes the log has now. */
    total: z.number().int(),
    bytes: z.number().int(),
    /** The log will not grow any more. */
    ended: z.boolean(),
  }),
});

export const searchLog = defineRoute({
  method: 'GET',
  path: '/v1/jobs/{job}/log/search',
  summary:
    'Numbers of the lines that hold a text or match a regular expression (RE2), from line `from`; repeat with `next` until it is null',
  access,
  transaction: 'none',
  params,
  query: z.object({
    attempt,
    q: z.string().min(1).max(200),
    kind: z.enum(['text', 'regex']).default('text'),
    /** `yes`: capital letters count. */
    capitals: z.enum(['yes', 'no']).default('no'),
    from: lineNumber.default(1),
    limit: z.coerce.number().int().min(1).max(5000).default(1000),
    /** `beginnings`: the first 200 characters of each line come too. */
    with: z.enum(['numbers', 'beginnings']).default('numbers'),
  }),
  answer: z.object({
    attempt: z.number().int(),
    lines: z.array(z.number().int()),
    beginnings: z.array(z.string()),
    /** The line to go on from: the answer was full, or it took too long; null where all there is was searched. */
    next: z.number().int().nullable(),
    /** How many lines the log has now. */
    total: z.number().int(),
    ended: z.boolean(),
  }),
});

export const downloadLog = defineRoute({
  method: 'GET',
  path: '/v1/jobs/{job}/log.txt',
  summary: 'The whole redacted log of a job as it is now',
  access,
  transaction: 'none',
  params,
  query: z.object({ attempt }),
  answer: { bytes: true, mediaType: 'text/plain; charset=utf-8', limit: 256 * 1024 ** 2 },
});

export const logRoutes = [readLines, searchLog, downloadLog] as const;
export type LogLines = z.infer<typeof readLines.answer>;
export type LogHits = z.infer<typeof searchLog.answer>;
