import { actorLabel, type Actor } from '../../kernel/actor.ts';
import { Problem } from '../../kernel/problem.ts';
import type { Floor, Tx } from '../../platform/floor.ts';
import { stale } from '../../platform/platform.problems.ts';
import { callerFor } from './caller.http.ts';
import { insertRow, removeRow, rowByName, saveRow, type ConnectionRow } from './connection.store.ts';
import { connectionAdded, connectionChanged, connectionRemoved } from './connections.events.ts';
import { badConnection, nameTaken, noSuchConnection, noSuchVendor } from './connections.problems.ts';
import { openCredential, sealCredential } from './credential.system.ts';
import type { Checked, Connection, Credential, Field, Vendor } from './vendor.ts';

/** The vendors that can be connected, by name. */
export type Vendors = ReadonlyMap<string, Vendor>;

export type NewConnection = {
  readonly name: string;
  readonly vendor: string;
  readonly url?: string | undefined;
  readonly settings: Connection['settings'];
  readonly credential: Credential;
};

/** Connects: the address is judged, then everything is kept, its credential sealed. */
export async function addConnection(floor: Floor, actor: Actor, vendors: Vendors, asked: NewConnection): Promise<ConnectionRow> {
  const vendor = vendorOf(vendors, asked.vendor);
  const url = asked.url ?? vendor.url;
  if (url === null) throw badConnection({ wrong: [`the address of ${vendor.title} is missing`] });
  judge(vendor, asked.settings, asked.credential);
  await floor.egress.check(url);
  return floor.db.tx(actor.org, async (tx) => {
    const id = tx.floor.newId('con');
    const sealed = await sealCredential(tx, id, asked.credential);
    const row = {
      id,
      vendor: vendor.name,
      name: asked.name,
      url,
      settings: asked.settings,
      sealed,
      by: actorLabel(actor),
      at: await tx.now(),
    };
    if (!(await insertRow(tx, row))) throw nameTaken({ name: asked.name });
    await tx.record(connectionAdded, { subject: id, actor, body: { vendor: vendor.name, name: asked.name } });
    return mustBe(tx, asked.name);
  });
}

/** Changes what is named. A new credential is given whole. */
export async function changeConnection(
  floor: Floor,
  actor: Actor,
  vendors: Vendors,
  name: string,
  change: {
    readonly url?: string | undefined;
    readonly settings?: Connection['settings'] | undefined;
    readonly credential?: Credential | undefined;
  },
): Promise<ConnectionRow> {
  if (change.url !== undefined) await floor.egress.check(change.url);
  return floor.db.tx(actor.org, async (tx) => {
    const row = await rowByName(tx, name, true);
    if (row === null) throw noSuchConnection({ name });
    const settings = change.settings ?? row.settings;
    // With the address the receiver of the credential changes: whoever moves it must know it.
    if (
      change.url !== undefined &&
      change.credential === undefined &&
      row.sealed !== null &&
      new URL(change.url).origin !== new URL(row.url).origin
    )
      throw badConnection({ wrong: ['another host needs the credential given anew'] });
    judge(vendorOf(vendors, row.vendor), settings, change.credential ?? (await openCredential(tx, row)));
    const sealed = change.credential === undefined ? row.sealed : await sealCredential(tx, row.id, change.credential);
    if (!(await saveRow(tx, row, { url: change.url ?? row.url, settings, sealed }))) throw stale({ what: `The connection ${name}` });
    const fields = Object.entries(change).flatMap(([field, value]) => (value === undefined ? [] : [field]));
    await tx.record(connectionChanged, { subject: row.id, actor, body: { vendor: row.vendor, name, fields } });
    return mustBe(tx, name);
  });
}

/** Ends a connection. */
export async function removeConnection(tx: Tx, actor: Actor, name: string): Promise<void> {
  const row = await rowByName(tx, name, true);
  if (row === null) throw noSuchConnection({ name });
  await removeRow(tx, row.id, await tx.now());
  await tx.record(connectionRemoved, { subject: row.id, actor, body: { vendor: row.vendor, name } });
}

/** Asks the other side who we are. What goes wrong is what was found, not a failure of the question. */
export async function checkConnection(
  floor: Floor,
  org: string,
  vendors: Vendors,
  name: string,
): Promise<{ row: ConnectionRow; checked: Checked }> {
  const row = await floor.db.read(org, (tx) => mustBe(tx, name));
  const vendor = vendorOf(vendors, row.vendor);
  const checked = await callerFor(floor, org, row.id, () => vendor)
    .then((caller) => vendor.check(caller))
    .catch((error: unknown): Checked => {
      if (!(error instanceof Problem)) throw error;
      return { as: null, found: [{ what: 'it can be asked', ok: false, detail: `${error.sentence} ${error.remedy}` }] };
    });
  return { row: await floor.db.read(org, (tx) => mustBe(tx, name)), checked };
}

async function mustBe(tx: Tx, name: string): Promise<ConnectionRow> {
  const row = await rowByName(tx, name);
  if (row === null) throw noSuchConnection({ name });
  return row;
}

function vendorOf(vendors: Vendors, name: string): Vendor {
  const vendor = vendors.get(name);
  if (vendor === undefined) throw noSuchVendor({ vendor: name.slice(0, 40), known: [...vendors.keys()] });
  return vendor;
}

function judge(vendor: Vendor, settings: Connection['settings'], credential: Credential): void {
  const wrong = [
    ...lacking('credential', vendor.credential, credential),
    ...lacking('settings', vendor.settings, settings),
    ...(vendor.wrong?.(settings, credential) ?? []),
  ];
  if (wrong.length > 0) throw badConnection({ wrong });
}

function lacking(where: string, fields: readonly Field[], given: Readonly<Record<string, unknown>>): string[] {
  const missing = fields
    .filter(({ name, required }) => required && given[name] === undefined)
    .map(({ name }) => `${where}.${name} is missing`);
  const unknown = Object.keys(given).filter((name) => !fields.some((field) => field.name === name));
  return [...missing, ...unknown.map((name) => `${where}.${name} is not known`)];
}
