import * as contract from '../../contract/hooks.ts';
import type { Tx } from '../../platform/floor.ts';
import { bodyOf, deliveriesOf, type DeliveryRow } from '../../platform/hooks/delivery.store.ts';
import { hooksOf, type HookRow } from '../../platform/hooks/hook.store.ts';
import { noSuchDelivery, unreadable } from '../../platform/hooks/hooks.problems.ts';
import { mount, type Mounted } from '../../platform/http/handler.ts';
import { badRequest } from '../../platform/platform.problems.ts';
import { WEAK_SCHEMES } from '../../kernel/webhook.ts';
import { badMapping } from './hooks.problems.ts';
import { addHook, changeMapping, removeHook, replay } from './hooks.commands.ts';
import type { Inputs } from './inputs.port.ts';
import { applyMapping, readMapping } from './mapping.ts';
import { readPayload } from './payload.ts';
import { tellCdEvent } from './take.work.ts';

const SHOWN = 65_536;

/** Hooks that take deliveries, and what they brought. `inputs`: what can be told here. */
export function hooksRoutes(inputs: Inputs): readonly Mounted[] {
  return [
    mount(contract.cdEvent, async ({ floor, actor, headers, body, visible }) => {
      const bytes = new Uint8Array(await new Response(body).arrayBuffer());
      const read = readPayload(bytes, headers.get('content-type') ?? '');
      if ('why' in read) throw unreadable({ why: read.why });
      return { outcome: await tellCdEvent(floor, actor, inputs, read.json, () => floor.db.read(actor.org, (tx) => visible(tx))) };
    }),
    mount(contract.listHooksIn, async ({ tx }) => ({ items: (await hooksOf(tx, null, 500)).map(viewOf) })),
    mount(contract.makeHook, async ({ tx, actor, body }) => {
      const { mapping, signatureHeader, secret, ...rest } = body;
      const asked = { ...rest, mapping: mapping ?? null, signatureHeader: signatureHeader ?? null, secret: secret ?? null };
      return answered(await addHook(tx, actor, inputs, asked));
    }),
    mount(contract.changeMapping, async ({ tx, actor, params, body }) =>
      viewOf(await changeMapping(tx, actor, inputs, { ...params, ...body })),
    ),
    mount(contract.endHook, async ({ tx, actor, params }) => {
      await removeHook(tx, actor, params.hook);
      return { revoked: true as const };
    }),
    mount(contract.tryMapping, async ({ body }) => tried(inputs, body)),
    mount(contract.listDeliveries, async ({ tx, query }) => {
      const { hook, state, limit, cursor } = query;
      const before = cursor === undefined ? null : readCursor(cursor);
      const rows = await deliveriesOf(tx, { id: null, hook: hook ?? null, state: state ?? null, before, limit: limit + 1 });
      const last = rows.length > limit ? rows[limit - 1] : undefined;
      return { items: rows.slice(0, limit).map(deliveryView), next: last === undefined ? null : `${last.at}~${last.id}` };
    }),
    mount(contract.getDelivery, async ({ tx, params }) => whole(tx, params.delivery)),
    mount(contract.replayDelivery, async ({ tx, actor, params }) => deliveryView(await replay(tx, actor, params.delivery))),
  ];
}

function answered(made: { hook: string; path: string; secret: string }) {
  return { ...made, hook: made.hook as `hok_${string}` };
}

function tried(inputs: Inputs, asked: { mapping: contract.MappingWritten; headers: Record<string, string>; body: string }) {
  const read = readMapping(asked.mapping, inputs.fields);
  if (!read.ok) throw badMapping({ wrong: read.wrong });
  const nothing = { rule: null, input: null, fields: {} };
  const headers = Object.fromEntries(Object.entries(asked.headers).map(([name, value]) => [name.toLowerCase(), value]));
  const payload = readPayload(Buffer.from(asked.body), headers['content-type'] ?? 'application/json');
  if ('why' in payload) return { ...nothing, wrong: [payload.why] };
  const mapped = applyMapping(read.mapping, { headers, body: payload.json, delivery: 'a-try' });
  if (mapped.kind === 'nothing') return { ...nothing, wrong: [] };
  if (mapped.kind === 'unknown') return { ...nothing, rule: mapped.rule, wrong: [...mapped.wrong] };
  const { rule, input, fields } = mapped;
  return { rule, input, fields, wrong: [...inputs.wrong(input, fields)] };
}

function viewOf(hook: HookRow): contract.HookView {
  const { id, name, taker, schemes, settings, sealed: _sealed, org: _org, subject: _subject, ...rest } = hook;
  const mapping = contract.mappingSchema.safeParse(settings['mapping']);
  return {
    ...rest,
    id: id as contract.HookView['id'],
    name,
    takes: taker,
    path: taker === 'repository' ? `/v1/hooks/git/${id}` : `/v1/hooks/in/${id}`,
    schemes: [...schemes],
    weak: schemes.some((scheme) => WEAK_SCHEMES.has(scheme)),
    mapping: mapping.success ? mapping.data : null,
  };
}

function deliveryView(row: DeliveryRow) {
  const { hookId, hookName, taker, id, ...rest } = row;
  return { ...rest, id: id as `dlv_${string}`, hook: { id: hookId, name: hookName, takes: taker } };
}

async function whole(tx: Tx, id: string) {
  const [row] = await deliveriesOf(tx, { id, hook: null, state: null, before: null, limit: 1 });
  if (row === undefined) throw noSuchDelivery({ id });
  const bytes = await bodyOf(tx, id);
  // Lossy on purpose: it is for looking at. What is taken is taken from the bytes.
  const text = bytes === null ? null : bytes.body.subarray(0, SHOWN).toString('utf8').replaceAll('\0', '\uFFFD').toWellFormed();
  return { ...deliveryView(row), headers: bytes?.headers ?? null, body: text };
}

function readCursor(cursor: string): { at: string; id: string } {
  const [, at, id] = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z)~(dlv_[0-9a-f]{32})$/.exec(cursor) ?? [];
  if (at === undefined || id === undefined)
    throw badRequest({ errors: [{ place: 'query.cursor', message: 'not a cursor that this list gave' }] });
  return { at, id };
}
