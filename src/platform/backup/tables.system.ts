import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type pg from 'pg';
import { digestOf } from '../../kernel/digest.ts';
import { copyOut } from './copy.system.ts';
import type { BackupPart, BackupTable } from './manifest.ts';
import type { BackupPlace } from './place.system.ts';

const compress = promisify(gzip);
/** Rows are kept in memory until there is so much of them. */
const PART_BYTES = 8 * 1024 ** 2;
/** Tables that say only what goes on just now. */
const LEFT_OUT = new Set(['worker_pool', 'server_node']);

export type TableShape = {
  readonly name: string;
  readonly columns: readonly string[];
  readonly key: readonly string[];
  readonly after: readonly string[];
};

/** The tables of the schema: columns that can be written, primary key, and the tables that its rows name. */
export async function tablesOf(client: pg.ClientBase): Promise<TableShape[]> {
  const { rows } = await client.query<{ name: string; columns: string[]; key: string[]; after: string[] }>(
    `select c.relname::text as name,
       array(select a.attname::text from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' order by a.attnum) as columns,
       array(select format('%I%s', a.attname, case when t.typcollation <> 0 then ' collate "C"' else '' end) from pg_index i cross join unnest(i.indkey) with ordinality as k(attnum, at)
             join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum join pg_type t on t.oid = a.atttypid where i.indrelid = c.oid and i.indisprimary order by k.at) as key,
       array(select distinct f.confrelid::regclass::text from pg_constraint f where f.conrelid = c.oid and f.contype = 'f' and f.confrelid <> c.oid) as after
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = 'public' and c.relkind = 'r' order by 1`,
  );
  return rows.filter(({ name }) => !LEFT_OUT.has(name));
}

/** The tables so that each comes after those whose rows its own name. */
export function inOrder(tables: readonly TableShape[]): TableShape[] {
  const left = new Map(tables.map((table) => [table.name, table]));
  const ordered: TableShape[] = [];
  while (left.size > 0) {
    const free = [...left.values()].filter((table) => table.after.every((name) => !left.has(name)));
    if (free.length === 0) throw new Error(`tables name each other in a circle: ${[...left.keys()].join(', ')}`);
    for (const table of free) left.delete(table.name);
    ordered.push(...free);
  }
  return ordered;
}

/** The statement that sends a table's rows in the order of its key, which makes equal rows equal bytes. */
export function selectionOf(table: Pick<TableShape, 'name' | 'columns' | 'key'>): string {
  const columns = table.columns.map((column) => `"${column}"`).join(', ');
  return `select ${columns} from "${table.name}"${table.key.length === 0 ? '' : ` order by ${table.key.join(', ')}`}`;
}

/** Rows of a statement in COPY's text form, in compressed parts; `look` sees all of them. */
export async function saveRows(
  client: pg.ClientBase,
  place: BackupPlace,
  table: { readonly name: string; readonly columns: readonly string[]; readonly select: string },
  look: (bytes: Buffer) => void,
): Promise<BackupTable> {
  const hash = createHash('sha256');
  const parts: BackupPart[] = [];
  let held: Buffer[] = [];
  let heldBytes = 0;
  let rows = 0;
  let bytes = 0;
  const flush = async (): Promise<void> => {
    if (heldBytes === 0) return;
    const raw = Buffer.concat(held);
    held = [];
    heldBytes = 0;
    look(raw);
    const packed = await compress(raw, { level: 3 });
    const file = `tables/${table.name}.${String(parts.length + 1).padStart(5, '0')}.copy.gz`;
    await place.write(file, packed);
    parts.push({ file, digest: digestOf(packed), size: packed.length });
  };
  for await (const row of copyOut(client, `copy (${table.select}) to stdout`)) {
    hash.update(row);
    held.push(row);
    heldBytes += row.length;
    bytes += row.length;
    rows += 1;
    if (heldBytes >= PART_BYTES) await flush();
  }
  await flush();
  return { name: table.name, columns: [...table.columns], rows, bytes, digest: `sha256:${hash.digest('hex')}`, parts };
}

/** Rows and digest of a statement, without keeping them. */
export async function digestOfRows(client: pg.ClientBase, select: string): Promise<{ readonly rows: number; readonly digest: string }> {
  const hash = createHash('sha256');
  let rows = 0;
  for await (const row of copyOut(client, `copy (${select}) to stdout`)) {
    hash.update(row);
    rows += 1;
  }
  return { rows, digest: `sha256:${hash.digest('hex')}` };
}
