import { useState, type ReactNode } from 'react';
import type { listDelegates, setDelegate } from '../../../../src/contract/identity.ts';
import { useAct, useAnswer } from '../../api/query.ts';
import { useMe } from '../../app/session.tsx';
import { Button, Loaded, Panel, Problem, Select } from '../../kit/index.ts';

/** Who decides while I am away, within the same rules. */
export function Delegate(): ReactNode {
  const me = useMe();
  const people = useAnswer<typeof listDelegates>('/v1/me/delegates', {}, { live: ['person'] });
  const [chosen, choose] = useState<string | null>(null);
  const name = useAct<typeof setDelegate>('PUT', '/v1/me/delegate');
  const now = me.delegate ?? '';
  const value = chosen ?? now;
  return (
    <Panel title="While I am away">
      <Loaded of={people} lines={2}>
        {({ items }) => (
          <form
            className="space-y-3"
            onSubmit={(event) => {
              event.preventDefault();
              void name
                .act({ body: { person: value === '' ? null : (value as `per_${string}`) } })
                .then((answer) => answer !== null && choose(null));
            }}
          >
            <Select
              label="Who decides for me"
              hint="They may vote in my place, within the same rules: not on what they or I have written."
              value={value}
              onChange={choose}
              options={[['', 'nobody'], ...items.filter(({ id }) => id !== me.person).map((one) => [one.id, one.name] as const)]}
            />
            {name.problem === null ? null : <Problem of={name.problem} />}
            <Button type="submit" busy={name.busy} because={value === now ? 'nothing was changed' : null}>
              Save
            </Button>
          </form>
        )}
      </Loaded>
    </Panel>
  );
}
