// I9, I10, I12: bytes in logs, in the blob store, and a secret that must be in none of them.
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

const blobPath = (folder, digest) => join(folder, 'state/blobs', digest.slice(7, 9), digest.slice(7));

/** I9. Sealed logs: as many bytes as were acknowledged, the numbered lines in order and once, whole where the job succeeded. */
export function logs({ folder, rows, by, journal, api }) {
  const wrong = [];
  let looked = 0;
  const told = new Map(api.logs.map((log) => [`${log.job} ${log.attempt}`, log.text]));
  const counts = new Map(journal.filter((line) => line.event === 'committed').map((line) => [line.commit, line]));
  for (const attempt of rows.job_attempt) {
    const job = by('job', 'id').get(attempt.job_id);
    const run = by('run', 'id').get(job.run_id);
    const known = counts.get(run.commit_id);
    if (attempt.log_digest === null || known === undefined) continue;
    const bytes = readFileSync(blobPath(folder, attempt.log_digest));
    const say = (text) => wrong.push(`log of ${attempt.job_id}, attempt ${attempt.attempt}: ${text}`);
    looked += 1;
    if (bytes.length !== attempt.log_stored) say(`${attempt.log_stored} bytes were acknowledged, and ${bytes.length} are stored`);
    const text = bytes.toString('utf8');
    const api_ = told.get(`${attempt.job_id} ${attempt.attempt}`);
    if (api_ !== undefined && api_ !== text) say(`the API tells ${api_.length} characters, and ${text.length} are stored`);
    // What a lost runner sent last may end within a line.
    const lines = [...text.slice(0, text.lastIndexOf('\n') + 1).matchAll(/^line (\d+) of (\S+)$/gm)];
    if (lines.some(([, number, mark], at) => Number(number) !== at + 1 || mark !== known.mark))
      say('its lines are not 1, 2, 3 ... each once');
    if (job.name === 'test' && attempt.result === 'succeeded' && lines.length !== known.lines)
      say(`${lines.length} of ${known.lines} lines are there`);
  }
  return { looked, wrong };
}

/** I10. What lies in the store under a digest has it; what rows point at lies there. */
export function blobs({ folder, rows }) {
  const wrong = [];
  let looked = 0;
  for (const path of filesIn(join(folder, 'state/blobs'))) {
    if (path.includes('/incoming/')) continue;
    const name = path.slice(path.lastIndexOf('/') + 1);
    looked += 1;
    if (createHash('sha256').update(readFileSync(path)).digest('hex') !== name) wrong.push(`the blob ${name} has other bytes`);
  }
  const named = [
    ...rows.artifact.map((row) => row.digest),
    ...rows.attestation.flatMap((row) => [row.envelope_digest, row.document_digest]),
    ...rows.report.flatMap((row) => row.digest ?? []),
    ...rows.job_attempt.flatMap((row) => row.log_digest ?? []),
    ...rows.job_blob.map((row) => row.digest),
    ...rows.decision.flatMap((row) => Object.values(row.answer.inputs)),
  ];
  for (const digest of new Set(named)) if (!existsSync(blobPath(folder, digest))) wrong.push(`${digest} is named and not there`);
  for (const name of readdirSync(join(folder, 'agent/artifacts'))) {
    looked += 1;
    const file = join(folder, 'agent/artifacts', name);
    if (lstatSync(file).isFile() && createHash('sha256').update(readFileSync(file)).digest('hex') !== name)
      wrong.push(`the agent keeps other bytes as ${name}`);
  }
  return { looked: named.length === 0 ? 0 : looked, wrong };
}

/** I12. The planted secret, plain and in the codings that leak it, in rows, blobs, logs, folders of runner and agent, and the database's own files. */
export function secrets({ folder, rows, secret }) {
  const wrong = [];
  let looked = 0;
  const bytes = Buffer.from(secret);
  const forms = [secret, bytes.toString('hex'), encodeURIComponent(secret), [...secret].reverse().join('')].map((form) =>
    Buffer.from(form),
  );
  // Base64 of the middle, whatever stands before it in a longer text.
  for (const shift of [0, 1, 2]) {
    const coded = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64');
    forms.push(Buffer.from(coded.slice(4, -6)), Buffer.from(coded.slice(4, -6).replaceAll('+', '-').replaceAll('/', '_')));
  }
  const search = (where, content) => {
    looked += 1;
    if (forms.some((form) => content.includes(form))) wrong.push(`the planted secret stands in ${where}`);
  };
  for (const [table, all] of Object.entries(rows)) {
    for (const row of all) {
      for (const [column, value] of Object.entries(row)) {
        if (table === 'service_secret' && column === 'sealed') continue;
        if (Buffer.isBuffer(value)) search(`${table}.${column}`, value);
        else if (value !== null && typeof value !== 'number' && typeof value !== 'boolean')
          search(`${table}.${column}`, Buffer.from(JSON.stringify(value)));
      }
    }
  }
  const places = [
    'state/blobs',
    'state/git',
    'state/pg/base',
    'state/pg/pg_wal',
    'state/checkpoints.log',
    'state/postgres.log',
    'agent',
    'runner',
  ];
  const logFiles = readdirSync(folder).filter((name) => name.endsWith('.log') || name.endsWith('.jsonl'));
  for (const place of [...places, ...logFiles]) {
    for (const path of filesIn(join(folder, place))) {
      const content = readFileSync(path);
      search(path, content);
      if (content[0] === 0x1f && content[1] === 0x8b) search(`${path} (unpacked)`, unpacked(content));
    }
  }
  return { looked, wrong };
}

function unpacked(content) {
  try {
    return gunzipSync(content);
  } catch {
    return Buffer.alloc(0);
  }
}

function filesIn(path) {
  if (!existsSync(path)) return [];
  const kind = lstatSync(path);
  if (kind.isFile()) return [path];
  return kind.isDirectory() ? readdirSync(path).flatMap((name) => filesIn(join(path, name))) : [];
}
