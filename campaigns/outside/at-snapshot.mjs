#!/usr/bin/env node
// Holds one moment of a database: exports a snapshot, prints its id, and says what every table holds as of it. Imports
// nothing of the product, only Node and a PostgreSQL client.
//
//   node at-snapshot.mjs --folder FOLDER --state NAME     FOLDER/NAME is the state folder; ends when its input ends
//
// First line: the id of the snapshot. Last line: JSON, {table: {rows, digest}}; a digest is over the sorted JSON of rows.
import { parseArgs } from 'node:util';
import { contents, connect } from './contents.mjs';

const { values } = parseArgs({ options: { folder: { type: 'string' }, state: { type: 'string' } } });
const client = await connect(values.folder, values.state);
await client.query('begin isolation level repeatable read read only');
const { rows } = await client.query('select pg_export_snapshot() as id');
process.stdout.write(`${rows[0].id}\n`);
process.stdin.resume();
await new Promise((done) => process.stdin.once('end', done));
process.stdout.write(`${JSON.stringify(await contents(client))}\n`);
await client.query('commit');
await client.end();
