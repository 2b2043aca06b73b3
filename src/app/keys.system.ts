import { misused, needed, runDaemon, type Daemon, type DaemonOptions } from '../host/daemon.process.ts';
import { system } from '../kernel/actor.ts';
import type { Floor } from '../platform/floor.ts';
import { viewKeys } from '../platform/keys/keys.views.ts';
import { removeMaster, rotateData, rotateMaster } from '../platform/keys/rotate.commands.ts';
import { resealTask, rewrapTask } from '../platform/keys/rotate.work.ts';
import { withFloor } from './local.system.ts';
import { sealedColumns } from './slices.ts';

const JSON_OPTION = { type: 'boolean', help: 'print one JSON object' } as const;
const KEY_OPTION = { type: 'string', value: 'KEY', help: 'the name of the master key, as `yardmaster keys` shows it' } as const;

const SHOW: Daemon = {
  name: 'keys show',
  about: 'The keys of stored secrets, by name and state; never a key.',
  options: { json: JSON_OPTION },
};
const ROTATE: Daemon = {
  name: 'keys rotate',
  about: 'Makes a new master key; it is used once every server that runs knows it.',
  options: { data: { type: 'boolean', help: 'new data keys too: every stored secret is sealed again' }, json: JSON_OPTION },
};
const REMOVE: Daemon = {
  name: 'keys remove',
  about: 'Ends a master key that nothing uses any more.',
  options: { key: KEY_OPTION, json: JSON_OPTION },
};
const KEYS: Daemon = { name: 'keys [show|rotate|remove]', about: 'What an operator does with the keys of stored secrets.', options: {} };

/** `yardmaster keys`: on the server's machine, beside servers that run or without any. */
export async function keysMain(argv: readonly string[]): Promise<void> {
  const [what, ...rest] = argv;
  if (what === '--help' || what === '-h') return runDaemon(KEYS, argv, async () => undefined);
  if (what === undefined || what === '--json') return runDaemon(SHOW, argv, show);
  if (what === 'show') return runDaemon(SHOW, rest, show);
  if (what === 'rotate') return runDaemon(ROTATE, rest, rotate);
  if (what === 'remove') return runDaemon(REMOVE, rest, remove);
  misused(KEYS, `there is no "${what}"`);
}

function print(values: DaemonOptions, data: unknown, lines: readonly string[]): void {
  process.stdout.write(values['json'] === true ? `${JSON.stringify(data)}\n` : `${lines.join('\n')}\n`);
}

async function show(values: DaemonOptions): Promise<void> {
  const view = await withFloor(SHOW, values, (floor) => floor.db.read('*', (tx) => viewKeys(tx, sealedColumns)));
  const lines = view.masters.map((one) => `${one.id}  ${one.state}  ${one.uses === 0 ? 'nothing uses it' : `${one.uses} wrapped`}`);
  print(values, view, [...lines, `${view.dataKeys} data keys, ${view.retiring} of them being replaced`]);
}

async function rotate(values: DaemonOptions): Promise<void> {
  const made = await withFloor(ROTATE, values, async (floor) => {
    const actor = system(floor.org, 'operator');
    const rotation = await rotateMaster(floor, actor);
    if (values['data'] === true) await floor.db.tx(floor.org, (tx) => rotateData(tx, actor, null, null));
    await finish(floor);
    return rotation;
  });
  const waits = `announced; it is used once these servers know it: ${made.waitsFor.join(', ')}`;
  print(values, made, [`${made.key} is ${made.state === 'current' ? 'current' : waits}`]);
}

/** Without a server there is nobody else to do the durable work; beside one, whoever is first does it. */
async function finish(floor: Floor): Promise<void> {
  await rewrapTask.run(floor, {}, '*');
  const reseal = resealTask(sealedColumns);
  const keys = await floor.db.read('*', (tx) =>
    tx.query<{ id: string; org_id: string }>(`select id, org_id from data_key where state = 'old'`),
  );
  for (const { id, org_id: org } of keys) await reseal.run(floor, { key: id }, org);
  await reseal.run(floor, { key: null }, floor.org);
}

async function remove(values: DaemonOptions): Promise<void> {
  const key = needed(REMOVE, values, 'key');
  await withFloor(REMOVE, values, (floor) => removeMaster(floor, system(floor.org, 'operator'), key, sealedColumns));
  print(values, { key }, [`${key} is removed`]);
}
