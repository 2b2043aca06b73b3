import { useState, type ReactNode } from 'react';
import type { getPreference, setPreference } from '../../../../src/contract/notify.ts';
import type { AnswerOf } from '../../../../src/contract/route.ts';
import { useAct, useAnswer } from '../../api/query.ts';
import { Button, Check, Field, Loaded, Panel, Problem, Select } from '../../kit/index.ts';

type Told = AnswerOf<typeof getPreference>;
type Preference = Told['preference'];
type Kind = keyof Preference['wants'];

const WHAT: readonly (readonly [Kind, string])[] = [
  ['asked', 'Something is asked of me'],
  ['reminder', 'It is still asked, and should be answered soon'],
  ['decided', 'What I asked for was decided'],
  ['waits', 'My release waits, and for whom'],
  ['deployment', 'My release was deployed, or went back'],
  ['incident', 'An incident of my team’s services'],
  ['expiring', 'A waiver of mine ends'],
];
const WAYS = [
  ['now', 'at once'],
  ['digest', 'once a day'],
  ['off', 'not by mail'],
] as const;

/** What I am told by mail, how and when. */
export function Notices(): ReactNode {
  const told = useAnswer<typeof getPreference>('/v1/me/notices', {}, { live: ['person', 'mail'] });
  return (
    <Panel title="What I am told by mail">
      <Loaded of={told} lines={8}>
        {(answer) => <Form key={answer.preference.version} told={answer} />}
      </Loaded>
    </Panel>
  );
}

function Form({ told }: { readonly told: Told }): ReactNode {
  const [now, set] = useState(told.preference);
  const save = useAct<typeof setPreference>('PUT', '/v1/me/notices');
  const change = (part: Partial<Preference>): void => set({ ...now, ...part });
  const same = JSON.stringify(now) === JSON.stringify(told.preference);
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return (
    <form
      className="space-y-3"
      onSubmit={(event) => {
        event.preventDefault();
        void save.act({ body: now });
      }}
    >
      {told.mail ? null : (
        <p className="text-quiet">No mail is sent from here yet: an admin sets it up. What you choose holds from then on.</p>
      )}
      <div className="grid gap-3 sm:grid-cols-2">
        {WHAT.map(([kind, label]) => (
          <Select
            key={kind}
            label={label}
            value={now.wants[kind]}
            onChange={(way) => change({ wants: { ...now.wants, [kind]: way as Preference['wants'][Kind] } })}
            options={WAYS}
          />
        ))}
        <Select
          label="To"
          value={now.address ?? ''}
          onChange={(address) => change({ address: address === '' ? null : address })}
          options={[['', told.addresses[0] ?? 'no address'], ...told.addresses.slice(1).map((one) => [one, one] as const)]}
        />
        <Field
          label="My time zone"
          hint={here === now.zone ? undefined : `This browser is in ${here}.`}
          value={now.zone}
          maxLength={64}
          onChange={(event) => change({ zone: event.target.value })}
        />
        <Select
          label="The daily mail comes at"
          value={String(now.digestHour)}
          onChange={(hour) => change({ digestHour: Number(hour) })}
          options={Array.from({ length: 24 }, (_, hour) => [String(hour), `${String(hour).padStart(2, '0')}:00`] as const)}
        />
      </div>
      <Check
        label="Quiet hours: then only incidents are sent at once"
        checked={now.quiet !== null}
        onChange={(on) => change({ quiet: on ? { from: 22 * 60, until: 7 * 60 } : null })}
      />
      {now.quiet === null ? null : (
        <div className="grid grid-cols-2 gap-3">
          {(['from', 'until'] as const).map((end) => (
            <Field
              key={end}
              type="time"
              required
              label={end === 'from' ? 'From' : 'Until'}
              value={clock(now.quiet?.[end] ?? 0)}
              onChange={(event) => {
                const minute = minuteOf(event.target.value);
                if (minute !== null && now.quiet !== null) change({ quiet: { ...now.quiet, [end]: minute } });
              }}
            />
          ))}
        </div>
      )}
      {save.problem === null ? null : <Problem of={save.problem} />}
      <Button type="submit" busy={save.busy} because={same ? 'nothing was changed' : null}>
        Save
      </Button>
    </form>
  );
}

function clock(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
}

function minuteOf(text: string): number | null {
  const found = /^(\d\d):(\d\d)/.exec(text);
  return found === null ? null : Number(found[1]) * 60 + Number(found[2]);
}
