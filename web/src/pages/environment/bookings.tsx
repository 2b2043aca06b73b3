import { useState, type ReactNode } from 'react';
import type { bookEnvironment, endBooking } from '../../../../src/contract/environments.ts';
import { useAct } from '../../api/query.ts';
import { useMay, useMe } from '../../app/session.tsx';
import { Ago, Ask, Button, Empty, Field, Panel, Person, Select, Tag, When } from '../../kit/index.ts';
import type { Overview } from './types.ts';

type Booking = Overview['bookings'][number];

/** Who has the environment now and next; whoever has it can give it back. */
export function Bookings({ of }: { readonly of: Overview }): ReactNode {
  const [ending, setEnding] = useState<Booking | null>(null);
  const me = useMe();
  const may = useMay();
  const { name } = of.environment;
  const because = (booking: Booking): string | null =>
    booking.owner.id === me.person || may('freeze.write', { environment: name }) ? null : 'it is somebody else’s';
  return (
    <Panel title="Bookings">
      {of.bookings.length === 0 ? (
        <Empty title="Nobody has booked it." command={`ym env book ${name} --for 2h --reason "a load test"`}>
          While somebody has it, only what they asked for is deployed here.
        </Empty>
      ) : (
        <ul className="space-y-2">
          {of.bookings.map((booking) => (
            <li key={booking.id} className="flex flex-wrap items-center justify-between gap-2">
              <span className="min-w-0">
                <Tag tone={booking.state === 'active' ? 'wait' : 'plain'}>{booking.state}</Tag> <Person {...booking.owner} />
                {booking.service === null ? '' : `, ${booking.service} only`}: <bdi>{booking.reason}</bdi>
                <span className="block text-sm text-quiet">
                  <When at={booking.from} /> to <When at={booking.until} />, {booking.state === 'active' ? 'ends' : 'begins'}{' '}
                  <Ago at={booking.state === 'active' ? booking.until : booking.from} />
                </span>
              </span>
              <Button because={because(booking)} onClick={() => setEnding(booking)}>
                Give it back
              </Button>
            </li>
          ))}
        </ul>
      )}
      {ending === null ? null : <EndAsk booking={ending} onClose={() => setEnding(null)} />}
    </Panel>
  );
}

function EndAsk({ booking, onClose }: { readonly booking: Booking; readonly onClose: () => void }): ReactNode {
  const end = useAct<typeof endBooking>('POST', '/v1/bookings/{booking}/end');
  return (
    <Ask
      title={`Give ${booking.environment} back`}
      says="What waits for it asks again at once, and begins where nothing else holds it."
      does="Give it back"
      reason="none"
      busy={end.busy}
      problem={end.problem}
      onClose={onClose}
      onDo={() => void end.act({ params: { booking: booking.id }, body: {} }).then((done) => (done === null ? undefined : onClose()))}
    />
  );
}

const SPANS = { '1h': 3_600_000, '4h': 14_400_000, '24h': 86_400_000, '3d': 259_200_000 } as const;

export function BookAsk({ of, onClose }: { readonly of: Overview; readonly onClose: () => void }): ReactNode {
  const book = useAct<typeof bookEnvironment>('POST', '/v1/environments/{environment}/bookings');
  const [span, setSpan] = useState<string>('4h');
  const [from, setFrom] = useState('');
  const [service, setService] = useState('');
  const { name } = of.environment;
  const begin = from === '' ? null : new Date(from);
  const good = begin === null || !Number.isNaN(begin.getTime());
  const until = (): string => new Date((begin?.getTime() ?? Date.now()) + SPANS[span as keyof typeof SPANS]).toISOString();
  return (
    <Ask
      title={`Book ${name}`}
      says="Until the end only releases that you asked for are deployed here; what others ask for waits. Going back always works."
      does="Book it"
      ready={good}
      busy={book.busy}
      problem={book.problem}
      onClose={onClose}
      onDo={(reason) =>
        void book
          .act({
            params: { environment: name },
            body: {
              reason,
              until: until(),
              ...(begin === null ? {} : { from: begin.toISOString() }),
              ...(service === '' ? {} : { service }),
            },
          })
          .then((done) => (done === null ? undefined : onClose()))
      }
    >
      <div className="grid gap-3 sm:grid-cols-2">
        <Field label="From (empty: now)" type="datetime-local" value={from} onChange={(event) => setFrom(event.target.value)} />
        <Select
          label="For"
          value={span}
          onChange={setSpan}
          options={[
            ['1h', 'an hour'],
            ['4h', 'four hours'],
            ['24h', 'a day'],
            ['3d', 'three days'],
          ]}
        />
      </div>
      <Select
        label="What"
        value={service}
        onChange={setService}
        options={[['', 'the whole environment'], ...of.rows.map((row) => [row.service, `only ${row.service}`] as const)]}
      />
    </Ask>
  );
}
