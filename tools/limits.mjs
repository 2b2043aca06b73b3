// docs/guide/limits.md: every limit, from the code that enforces it.
const MIB = 1024 ** 2;
const bytes = (n) =>
  n >= 1024 * MIB ? `${n / 1024 ** 3} GiB` : n >= MIB ? `${n / MIB} MiB` : n >= 1024 ? `${n / 1024} KiB` : `${n} bytes`;
const number = (n) => n.toLocaleString('en-GB');

function table(head, rows) {
  return ['', `| ${head.join(' | ')} |`, `| ${head.map(() => '---').join(' | ')} |`, ...rows.map((row) => `| ${row.join(' | ')} |`), ''];
}

/** Sizes and counts, as rows. */
async function atOnce() {
  const { JSON_LIMIT } = await import('../src/platform/http/limits.ts');
  const { LOG_LIMIT } = await import('../src/contract/runner.ts');
  const { MAX_JOBS, MAX_MATRIX, MAX_PLANNED } = await import('../src/pipelines/definition/pipeline.ts');
  return [
    ['a JSON body, its nesting', `${bytes(JSON_LIMIT)}, 64 levels`],
    ['all headers of a request', '16 KiB'],
    ['time for the headers; for a JSON body', '15 s; 30 s'],
    ['slowest that a stream may come', '16 bytes a millisecond on the whole, after 30 s'],
    ['items of a list', '100 by default, 1,000 at most; `next` leads on'],
    ["a job's log", bytes(LOG_LIMIT)],
    ['jobs of a pipeline; of one matrix; of a run', `${number(MAX_JOBS)}; ${number(MAX_MATRIX)}; ${number(MAX_PLANNED)}`],
    ['a report', '200 MiB'],
    ['a pipeline file; `yardmaster.yaml`; a policy', '1 MiB, 64 levels, 1,000 aliases'],
    ['time of a job; waiting for a runner', '24 h; 24 h'],
    ['commits that one push reads', '20,000; a release over more says that it is incomplete'],
    ['an invitation; the first admin’s link; a token', '7 days; 24 h; 366 days'],
    ['a session, and without being used', '`YARDMASTER_SESSION_HOURS`, `YARDMASTER_SESSION_IDLE_MINUTES`'],
    ['a webhook’s signed timestamp', '5 minutes off'],
    ['a secret', '64 KiB'],
    ['a support bundle', '64 MiB'],
    ['master keys in a file', '32'],
  ];
}

/** The page, as Markdown. */
export async function limitsPage(note) {
  const { RATES } = await import('../src/platform/http/rate.ts');
  const { NETWORK_TRIES, TRIES, TRIES_WINDOW_MS } = await import('../src/identity/tries.ts');
  const { slices, retention } = await import('../src/app/slices.ts');
  const { isBytes } = await import('../src/contract/route.ts');
  const routes = slices.flatMap((slice) => slice.routes.map(({ route }) => route));
  const streams = routes
    .filter((route) => isBytes(route.body))
    .map((route) => [`\`${route.method} ${route.path}\``, bytes(route.body.limit), route.summary.replaceAll('|', '/')]);
  return [
    note,
    '',
    '# Limits',
    '',
    'Everything that a stranger can send, ask for or fill has a limit. What passes one is refused with a problem that names it',
    'and says what to do; nothing is cut off silently.',
    '',
    '## How often',
    '',
    'Each is a token bucket: so many requests a minute flow in, and a pause saves up to the burst. Beyond it the answer is 429',
    '`platform.too-many-requests` with `Retry-After`; nothing of the request was done. Every counted answer carries',
    '`RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers). `ym`, runners and agents wait by themselves.',
    'Buckets live in the memory of each server, so counting costs no database write: behind N servers a caller has up to N times as much.',
    'IPv6 addresses count by their /64. Behind a proxy an address is what `YARDMASTER_TRUSTED_PROXIES` lets be believed.',
    'Set others with `YARDMASTER_LIMITS`, such as `person=6000/1000,hook=600`.',
    ...table(
      ['limit', 'a minute', 'burst', 'counted by'],
      Object.entries(RATES).map(([name, rate]) => [`\`${name}\``, number(rate.perMinute), number(rate.burst), rate.by]),
    ),
    `Guessing passwords is slower still, and counted in the database over all servers: after ${TRIES} wrong ones for an account, or ${NETWORK_TRIES} from an`,
    `address for whatever accounts, within ${TRIES_WINDOW_MS / 60_000} minutes further tries are refused.`,
    '',
    '## How much at once',
    ...table(['what', 'limit'], await atOnce()),
    'Bodies that are streams of bytes:',
    ...table(['route', 'limit', 'what'], streams),
    '## How long things are kept',
    '',
    'Once a day, as durable work; Admin, Retention (or `ym retention show`) tells what is due, `ym retention plan` which artifacts (`--all`: and why the others stay), and `ym retention set WHAT DAYS`',
    'decides otherwise. Days of an artifact count from when it was built, released or ran last, and with `--keep N` the newest of each service',
    'stay whatever their age. What runs anywhere, the last five versions of every place (the ways back) and what is being deployed is never',
    'removed, nor what is under a legal hold: everything, a service, a run, a release with its run, or an artifact (`ym retention hold`).',
    'Facts, releases, attestations and decisions are kept for ever. Bytes are deleted a day after the last row that needed them.',
    ...table(
      ['what', 'days', 'newest that stay', 'what goes, what stays'],
      retention.rules.map((rule) => [`\`${rule.what}\``, rule.days, rule.keep ?? '', rule.means]),
    ),
    'On each machine, without being asked: mirrors of repositories that nobody watches, or that were not fetched for 30 days; uploads that',
    "never ended, after a day; a service's own log at 16 MiB (one older file is kept); an agent's log of acts at 8 MiB (nine older files are",
    "kept, and what fencing needs goes over into the new one); the embedded PostgreSQL's log at 32 MiB.",
    '',
  ].join('\n');
}
