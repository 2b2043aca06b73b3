import { mappingSchema } from '../../contract/hooks.ts';
import { ACTIONS } from '../../contract/actions.ts';
import type { Actor } from '../../kernel/actor.ts';
import type { Floor } from '../../platform/floor.ts';
import { notAllowed } from '../../platform/platform.problems.ts';
import { unreadable } from '../../platform/hooks/hooks.problems.ts';
import type { TakenDelivery, Taker } from '../../platform/hooks/taker.port.ts';
import { readCdEvent, toldBy } from './cdevents-in.ts';
import type { Inputs } from './inputs.port.ts';
import { applyMapping, readMapping, type Heard } from './mapping.ts';
import { readPayload } from './payload.ts';

/** What a hook with a mapping brought, told as the mapping says. */
export function mappingTaker(inputs: Inputs): Taker {
  return {
    name: 'mapping',
    async told(floor: Floor, delivery: TakenDelivery): Promise<string> {
      const written = mappingSchema.safeParse(delivery.hook.settings['mapping']);
      const read = written.success ? readMapping(written.data, inputs.fields) : ({ ok: false, wrong: ['the mapping is none'] } as const);
      if (!read.ok) throw unreadable({ why: read.wrong.join('; ') });
      const mapped = applyMapping(read.mapping, heardIn(delivery));
      if (mapped.kind === 'nothing') return 'no rule of the mapping fits: nothing is told';
      if (mapped.kind === 'unknown') throw unreadable({ why: mapped.wrong.join('; ') });
      const wrong = inputs.wrong(mapped.input, mapped.fields);
      if (wrong.length > 0) throw unreadable({ why: `rule ${mapped.rule} makes no ${mapped.input}: ${wrong.join('; ')}` });
      return inputs.tell(floor, actorOf(delivery), mapped.input, mapped.fields);
    },
  };
}

/** Who tells: the hook. */
export function actorOf({ hook }: TakenDelivery): Actor {
  return { kind: 'hook', id: hook.id, org: hook.org };
}

function heardIn({ headers, body, name }: TakenDelivery): Heard {
  const read = readPayload(body, headers['content-type'] ?? '');
  if ('why' in read) throw unreadable({ why: read.why });
  return { headers, body: read.json, delivery: name };
}

/** CDEvents, as CloudEvents in structured or binary mode, or bare. */
export function cdeventsTaker(inputs: Inputs): Taker {
  return {
    name: 'cdevents',
    told: (floor, delivery) => tellCdEvent(floor, actorOf(delivery), inputs, heardIn(delivery).body),
  };
}

/** Tells what a CDEvent says; answers in one line what became of it. Throws `hooks.unreadable` where it says too little. */
export async function tellCdEvent(
  floor: Floor,
  actor: Actor,
  inputs: Inputs,
  payload: unknown,
  visible: () => Promise<'all' | ReadonlySet<string>> = async () => 'all',
): Promise<string> {
  const read = readCdEvent(payload);
  if ('why' in read) throw unreadable({ why: read.why });
  const told = toldBy(read.event);
  if (told.kind === 'nothing') return told.why;
  if (told.kind === 'unreadable') throw unreadable({ why: told.why });
  const wrong = inputs.wrong(told.input, told.fields);
  if (wrong.length > 0) throw unreadable({ why: `it makes no ${told.input}: ${wrong.join('; ')}` });
  // A credential for some services tells of these; what names no service is for those who may tell of all.
  const seen = await visible();
  const service = told.fields['service'];
  if (seen !== 'all' && !(await inputs.isOneOf(floor, actor, service, seen)))
    throw notAllowed({
      action: 'record.write',
      on: typeof service === 'string' ? service.slice(0, 100) : 'all services',
      roles: ACTIONS['record.write'],
    });
  return inputs.tell(floor, actor, told.input, told.fields);
}
