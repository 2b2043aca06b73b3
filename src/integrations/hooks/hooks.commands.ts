import type { MappingWritten } from '../../contract/hooks.ts';
import type { Actor } from '../../kernel/actor.ts';
import { canonicalJson } from '../../kernel/canonical.ts';
import { digestOf } from '../../kernel/digest.ts';
import { weakSecret, type HookScheme } from '../../kernel/webhook.ts';
import type { Tx } from '../../platform/floor.ts';
import { deliveriesOf, markAgain, type DeliveryRow } from '../../platform/hooks/delivery.store.ts';
import { endHook, HOOKS_TOPIC, makeHook } from '../../platform/hooks/hook.commands.ts';
import { liveHook, saveSettings, type HookRow } from '../../platform/hooks/hook.store.ts';
import { noBody, noSuchDelivery, noSuchHook } from '../../platform/hooks/hooks.problems.ts';
import { stale } from '../../platform/platform.problems.ts';
import { deliveryReplayed, hookAdded, hookChanged, hookEnded } from './hooks.events.ts';
import { badMapping, headerNeeded, mappingNeeded, weakHookSecret } from './hooks.problems.ts';
import type { Inputs } from './inputs.port.ts';
import { readMapping } from './mapping.ts';

export type AskedHook = {
  readonly name: string;
  readonly takes: 'mapping' | 'cdevents';
  readonly mapping: MappingWritten | null;
  readonly schemes: readonly HookScheme[];
  readonly signatureHeader: string | null;
  readonly secret: string | null;
};

/** Makes a hook. A mapping is compiled before it is kept; a secret that somebody brings has a minimum of strength. */
export async function addHook(
  tx: Tx,
  actor: Actor,
  inputs: Inputs,
  asked: AskedHook,
): Promise<{ hook: string; path: string; secret: string }> {
  const { name, takes, mapping, schemes, signatureHeader, secret } = asked;
  if ((takes === 'mapping') !== (mapping !== null)) throw mappingNeeded({});
  if (schemes.includes('hmac') !== (signatureHeader !== null)) throw headerNeeded({});
  if (mapping !== null) judge(mapping, inputs);
  const why = secret === null ? null : weakSecret(secret);
  if (why !== null) throw weakHookSecret({ why });
  const settings = mapping === null ? {} : { mapping };
  const made = await makeHook(tx, actor, { taker: takes, name, subject: null, schemes, signatureHeader, settings, secret });
  const body = { name, takes, schemes: [...schemes], mapping: mapping === null ? null : digestOf(canonicalJson(mapping)) };
  await tx.record(hookAdded, { subject: made.hook, actor, body });
  return made;
}

/** Another mapping, for what comes from now on. */
export async function changeMapping(
  tx: Tx,
  actor: Actor,
  inputs: Inputs,
  change: { hook: string; mapping: MappingWritten; version: number },
): Promise<HookRow> {
  const hook = await liveHook(tx, change.hook);
  if (hook === null) throw noSuchHook({ id: change.hook });
  if (hook.taker !== 'mapping') throw mappingNeeded({});
  judge(change.mapping, inputs);
  if (!(await saveSettings(tx, hook.id, change.version, { mapping: change.mapping }))) throw stale({ what: `The hook ${hook.name}` });
  await tx.notify(HOOKS_TOPIC, hook.id);
  await tx.record(hookChanged, { subject: hook.id, actor, body: { name: hook.name, mapping: digestOf(canonicalJson(change.mapping)) } });
  return (await liveHook(tx, hook.id)) ?? hook;
}

/** Ends a hook of any kind. */
export async function removeHook(tx: Tx, actor: Actor, id: string): Promise<void> {
  const hook = await liveHook(tx, id);
  if (hook === null || !(await endHook(tx, id))) throw noSuchHook({ id });
  await tx.record(hookEnded, { subject: id, actor, body: { name: hook.name } });
}

/** Lets a delivery be taken again. */
export async function replay(tx: Tx, actor: Actor, id: string): Promise<DeliveryRow> {
  const again = await markAgain(tx, id);
  const [row] = await deliveriesOf(tx, { id, hook: null, state: null, before: null, limit: 1 });
  if (again === null || row === undefined) throw noSuchDelivery({ id });
  if (again === 'no-body') throw noBody({ id });
  await tx.record(deliveryReplayed, { subject: id, actor, body: { hook: row.hookId } });
  return row;
}

function judge(mapping: MappingWritten, inputs: Inputs): void {
  const read = readMapping(mapping, inputs.fields);
  if (!read.ok) throw badMapping({ wrong: read.wrong });
}
