import { mappingSchema } from '../../contract/hooks.ts';
import type { Actor } from '../../kernel/actor.ts';
import type { Floor } from '../../platform/floor.ts';
import { unreadable } from '../../platform/hooks/hooks.problems.ts';
import type { TakenDelivery, Taker } from '../../platform/hooks/taker.port.ts';
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
