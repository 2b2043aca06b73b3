import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { mayShipRelease } from '../../../../src/contract/releases.ts';
import type { yardCell } from '../../../../src/contract/yard.ts';
import { useAnswer } from '../../api/query.ts';
import { Ago, Dialog, Digest, Facts, Icon, Loaded, Person, Said, State, Verdict } from '../../kit/index.ts';
import { LIVE, type Board, type Row } from './types.ts';

type Props = {
  readonly service: string;
  readonly environment: string;
  readonly row: Row | null;
  readonly board: Board;
  readonly onClose: () => void;
};

/** One place: what runs there and who says that it is right, what is on its way and what holds it. */
export function CellCard({ service, environment, row, board, onClose }: Props): ReactNode {
  const card = useAnswer<typeof yardCell>('/v1/yard/cells/{service}/{environment}', { params: { service, environment } }, { live: LIVE });
  const cell = row?.cells[board.environments.findIndex((one) => one.name === environment)] ?? null;
  return (
    <Dialog title={`${service} in ${environment}`} onClose={onClose}>
      <Loaded of={card} lines={5}>
        {({ running, verifications, incidents, next, bookings }) => (
          <div className="space-y-4">
            {running === null ? (
              <p className="text-quiet">Nothing runs here yet.</p>
            ) : (
              <Facts
                of={[
                  [
                    'runs',
                    <span key="v" className="flex flex-wrap items-center gap-x-2">
                      <Link to="/releases/$release" params={{ release: running.release } as never} className="font-medium">
                        {running.version}
                      </Link>
                      {running.digests.map((digest) => (
                        <Digest key={digest} of={digest} to={`/artifacts/${digest}`} />
                      ))}
                    </span>,
                  ],
                  ['since', <Ago key="s" at={running.since} />],
                  ...(running.requestedBy === null ? [] : [['asked for by', <Person key="p" {...running.requestedBy} />] as const]),
                  [
                    'verified',
                    verifications.length === 0 ? (
                      <span key="n" className="text-unknown">
                        not yet
                      </span>
                    ) : (
                      <ul key="w">
                        {verifications.map((word, index) => (
                          <li key={index} className="flex flex-wrap items-center gap-x-2">
                            <State
                              of={word.revoked === null ? word.verdict : 'revoked'}
                              {...(word.revoked === null ? {} : { title: word.revoked })}
                            />
                            <span>
                              {word.check}, <Person {...word.by} />, <Ago at={word.at} />
                            </span>
                          </li>
                        ))}
                      </ul>
                    ),
                  ],
                ]}
              />
            )}
            {cell?.drift === undefined ? null : (
              <p className="flex items-start gap-2 text-unknown">
                <Icon name="unknown" className="mt-0.5" /> <span className="min-w-0">Drift: {cell.drift}</span>
              </p>
            )}
            {incidents.map((one) => (
              <p key={one.id} className="flex items-start gap-2">
                <Icon name="incident" className="mt-0.5 text-deny" />
                <Link to="/incidents/$incident" params={{ incident: one.id } as never} className="min-w-0">
                  <bdi>{one.title}</bdi>
                </Link>
                <span className="text-quiet">{one.severity}</span>
              </p>
            ))}
            {bookings.map((one) => (
              <p key={one.id} className="text-wait">
                {one.state === 'active' ? 'Booked' : 'Will be booked'} by <Person {...one.owner} />, until <Ago at={one.until} />:{' '}
                <bdi>{one.reason}</bdi>
              </p>
            ))}
            {cell?.failed === undefined || row === null ? null : (
              <p className="text-deny">
                {row.versions[cell.failed.is]?.version} {cell.failed.state === 'failed' ? 'failed here' : 'was taken back'},{' '}
                <Ago at={cell.failed.at} />.
              </p>
            )}
            {next === null ? null : <Next of={next} environment={environment} />}
            <p className="flex flex-wrap gap-x-4 gap-y-1 border-t border-line pt-3">
              <Link to="/services/$service" params={{ service } as never}>
                The service
              </Link>
              <Link to="/environments/$environment" params={{ environment } as never}>
                The environment
              </Link>
              {running === null ? null : (
                <Link to="/evidence" search={{ node: running.deployment } as never}>
                  How it came here
                </Link>
              )}
            </p>
          </div>
        )}
      </Loaded>
    </Dialog>
  );
}

type NextRelease = {
  readonly release: string;
  readonly version: string;
  readonly deployment: { readonly state: string; readonly cause: string } | null;
};

/** What is on its way, and what the one answer says of it now. */
function Next({ of, environment }: { readonly of: NextRelease; readonly environment: string }): ReactNode {
  const answer = useAnswer<typeof mayShipRelease>(
    '/v1/releases/{release}/may-ship',
    { params: { release: of.release }, query: { environment } },
    { live: LIVE },
  );
  return (
    <section className="space-y-2 rounded-md border border-line p-3">
      <h3 className="flex flex-wrap items-center gap-2">
        Next:{' '}
        <Link to="/releases/$release" params={{ release: of.release } as never} search={{ environment } as never}>
          {of.version}
        </Link>
        {of.deployment === null ? null : <State of={of.deployment.state} />}
      </h3>
      <Loaded of={answer} lines={2}>
        {({ verdict, words }) => (
          <>
            <p className="flex flex-wrap items-center gap-2">
              <Verdict of={verdict} /> <Said text={words.headline} />
            </p>
            <ul className="list-disc pl-5">
              {words.missing.map((one, index) => (
                <li key={index}>
                  <Said text={one} />
                </li>
              ))}
            </ul>
            <p className="text-sm text-quiet">
              <Said text={words.when} />
            </p>
          </>
        )}
      </Loaded>
    </section>
  );
}
