import { useQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import type { createFreeze, previewFreeze, stopTheLine } from '../../../../src/contract/freezes.ts';
import { call } from '../../api/client.ts';
import { useAct } from '../../api/query.ts';
import { Ask, Field, Select, useUrl } from '../../kit/index.ts';
import { scopeWords, type Board, type Freeze } from './types.ts';

const SPANS: Readonly<Record<string, number>> = { '1h': 3_600_000, '4h': 14_400_000, '24h': 86_400_000 };

/** Stops what may begin, for everything or a part, and says before what that holds. */
export function StopTheLine({ board, onClose }: { readonly board: Board; readonly onClose: () => void }): ReactNode {
  const [here] = useUrl('team');
  const [where, setWhere] = useState(here === '' ? '' : `team ${here}`);
  const [until, setUntil] = useState('');
  const [ticket, setTicket] = useState('');
  const stop = useAct<typeof stopTheLine>('POST', '/v1/freezes/stop-the-line');
  const freeze = useAct<typeof createFreeze>('POST', '/v1/freezes');
  const scope = scopeOf(where);
  const act = async (reason: string): Promise<void> => {
    const span = SPANS[until];
    const body = { scope, reason, ticket: ticket.trim() };
    const now = Date.now();
    const when = { kind: 'once' as const, from: new Date(now).toISOString(), until: new Date(now + (span ?? 0)).toISOString() };
    const done = span === undefined ? await stop.act({ body }) : await freeze.act({ query: {}, body: { ...body, kind: 'deny', when } });
    if (done !== null) onClose();
  };
  return (
    <Ask
      title="Stop the line"
      says={
        <>
          <p>
            From now on nothing begins for {scopeWords(scope)}
            {until === '' ? ' until somebody starts it again' : ''}. What is half way finishes its wave and then waits. Going back always
            works.
          </p>
          <Held scope={scope} />
        </>
      }
      does="Stop the line"
      danger
      ready={ticket.trim() !== ''}
      busy={stop.busy || freeze.busy}
      problem={stop.problem ?? freeze.problem}
      onClose={onClose}
      onDo={(reason) => void act(reason)}
    >
      <div className="grid gap-3 sm:grid-cols-2">
        <Select
          label="What"
          value={where}
          onChange={setWhere}
          options={[
            ['', 'everything'],
            ...board.environments.map((one) => [`environment ${one.name}`, `into ${one.name}`] as const),
            ...['1', '2', '3'].map((one) => [`tier ${one}`, `tier ${one}`] as const),
            ...board.teams.map((one) => [`team ${one}`, `team ${one}`] as const),
          ]}
        />
        <Select
          label="Until"
          value={until}
          onChange={setUntil}
          options={[
            ['', 'somebody starts it again'],
            ['1h', 'in an hour'],
            ['4h', 'in four hours'],
            ['24h', 'in a day'],
          ]}
        />
      </div>
      <Field
        label="Ticket"
        hint="Where it is written down"
        value={ticket}
        maxLength={300}
        onChange={(event) => setTicket(event.target.value)}
      />
    </Ask>
  );
}

/** What it would hold, in the server's words. */
function Held({ scope }: { readonly scope: Freeze['scope'] }): ReactNode {
  const held = useQuery({
    queryKey: ['stop the line', JSON.stringify(scope)],
    queryFn: ({ signal }) => {
      const when = { kind: 'once' as const, from: new Date().toISOString(), until: null };
      const body = { kind: 'deny' as const, scope, when, reason: 'a look', ticket: 'a look' };
      return call<typeof previewFreeze>('POST', '/v1/freezes/preview', { body }, { signal });
    },
    staleTime: 10_000,
  });
  if (held.data === undefined)
    return <p className="text-quiet">{held.isError ? 'What it would hold can’t be said now.' : 'Looking what it holds …'}</p>;
  const { releases, words } = held.data;
  return (
    <div className="mt-2 rounded-md bg-sunk p-2 text-sm">
      {words.map((word, index) => (
        <p key={index}>{word}</p>
      ))}
      <ul className="mt-1 max-h-28 overflow-y-auto">
        {releases.slice(0, 30).map((one) => (
          <li key={`${one.release} ${one.environment}`} className="clip">
            <bdi>{one.service}</bdi> <bdi>{one.version}</bdi> to {one.environment} <span className="text-quiet">{one.state}</span>
          </li>
        ))}
        {releases.length > 30 ? <li className="text-quiet">and {releases.length - 30} more</li> : null}
      </ul>
    </div>
  );
}

function scopeOf(where: string): Freeze['scope'] {
  const [kind, name = ''] = where.split(' ', 2);
  if (kind === 'environment') return { environment: name };
  if (kind === 'tier') return { tier: Number(name) as 1 | 2 | 3 };
  return kind === 'team' ? { team: name } : {};
}
