import { useState, type ReactNode } from 'react';
import { Link } from '@tanstack/react-router';
import type { tickChecklist } from '../../../../src/contract/releases.ts';
import { useAct } from '../../api/query.ts';
import { useMay } from '../../app/session.tsx';
import { Ask, Button, Digest, Panel, Person, State, Tag, When } from '../../kit/index.ts';
import type { Place, Release } from './types.ts';

/** What people said and what went wrong, beside the release: votes, checklist, way back, incidents, break-glass, notes. */
export function Side({ page, place }: { readonly page: Release; readonly place: Place | undefined }): ReactNode {
  return (
    <div className="min-w-0 space-y-4">
      <Votes page={page} />
      {place === undefined || place.checklist.length === 0 ? null : <Checklist page={page} place={place} />}
      {place === undefined ? null : <WayBack place={place} />}
      {page.incidents.length === 0 ? null : <Incidents page={page} />}
      {page.breakGlass.length === 0 ? null : <Glasses page={page} />}
      <Panel title="Notes">
        {page.release.notes.trim() === '' ? (
          <p className="text-quiet">No commit of this release says what it does for whom.</p>
        ) : (
          <Notes text={page.release.notes} />
        )}
      </Panel>
    </div>
  );
}

/** The notes as lines of text: headings and points look like such, and nothing in them is more than text. */
function Notes({ text }: { readonly text: string }): ReactNode {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return (
    <div className="max-h-96 space-y-1 overflow-y-auto text-sm" tabIndex={0} role="group" aria-label="release notes">
      {lines.map((line, index) => {
        const heading = /^#{1,6} (.*)$/.exec(line)?.[1];
        const point = /^[-*] (.*)$/.exec(line)?.[1];
        if (heading !== undefined)
          return (
            <p key={index} className="pt-1 font-semibold">
              <bdi>{heading}</bdi>
            </p>
          );
        return (
          <p key={index} className={point === undefined ? '' : 'pl-3 -indent-3'}>
            {point === undefined ? null : <span aria-hidden="true">· </span>}
            <bdi>{point ?? line}</bdi>
          </p>
        );
      })}
    </div>
  );
}

function Votes({ page }: { readonly page: Release }): ReactNode {
  return (
    <Panel title="Votes">
      {page.votes.length === 0 ? (
        <p className="text-quiet">Nobody has voted yet.</p>
      ) : (
        <ul className="divide-y divide-line">
          {page.votes.map((vote) => (
            <li
              key={vote.id}
              className={`space-y-1 py-2 first:pt-0 last:pb-0 ${vote.state === 'active' || vote.state === 'used' ? '' : 'text-quiet'}`}
            >
              <p className="flex flex-wrap items-center gap-2">
                <State of={vote.verdict === 'approve' ? 'approved' : 'rejected'} />
                <span className="font-medium">
                  <Person id={vote.person} name={vote.name} />
                </span>
                {vote.onBehalfOfName === null ? null : (
                  <span>
                    for <bdi>{vote.onBehalfOfName}</bdi>
                  </span>
                )}
                <span className="text-quiet">{vote.environment}</span>
                {vote.state === 'active' ? null : <Tag title="what this vote is worth now">{vote.state}</Tag>}
              </p>
              <p>
                <bdi>{vote.reason}</bdi>
              </p>
              <p className="text-sm text-quiet">
                <When at={vote.at} />
                {vote.state === 'active' ? (
                  <>
                    , counts until <When at={vote.expiresAt} />
                  </>
                ) : null}{' '}
                on <Digest of={vote.intent} />
              </p>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

function Checklist({ page, place }: { readonly page: Release; readonly place: Place }): ReactNode {
  const may = useMay();
  const tick = useAct<typeof tickChecklist>('POST', '/v1/releases/{release}/checklist');
  const [asked, ask] = useState<{ readonly item: string; readonly state: 'yes' | 'no'; readonly version: number } | null>(null);
  const { release } = page;
  const because = may('release.ready', { service: release.service, team: release.team, environment: place.environment })
    ? null
    : 'your roles don’t allow it here';
  return (
    <Panel title={`Checklist for ${place.environment}`}>
      <ul className="divide-y divide-line">
        {place.checklist.map((one) => (
          <li key={one.item} className="space-y-1 py-2 first:pt-0 last:pb-0">
            <p className="flex items-start justify-between gap-2">
              <span className="min-w-0">{one.item}</span>
              <State of={one.state === 'yes' ? 'passed' : one.state === 'no' ? 'refused' : 'waiting'} title={one.state} />
            </p>
            <p className="flex flex-wrap items-center gap-2 text-sm text-quiet">
              {one.name === null ? (
                'nobody has answered'
              ) : (
                <>
                  {one.state}, says <bdi>{one.name}</bdi>
                </>
              )}
              <Button because={because} onClick={() => ask({ item: one.item, state: 'yes', version: place.version })}>
                Yes
              </Button>
              <Button because={because} onClick={() => ask({ item: one.item, state: 'no', version: place.version })}>
                No
              </Button>
            </p>
          </li>
        ))}
      </ul>
      {asked === null ? null : (
        <Ask
          title={`${asked.item}: ${asked.state}`}
          says={
            asked.state === 'yes' ? 'Your name stands beside it.' : 'A no holds the release for this environment until somebody says yes.'
          }
          does={`Say ${asked.state}`}
          danger={asked.state === 'no'}
          reason={asked.state === 'no' ? 'required' : 'optional'}
          reasonLabel="What you saw"
          busy={tick.busy}
          problem={tick.problem}
          onClose={() => ask(null)}
          onDo={(note) =>
            void tick
              .act({ params: { release: release.id }, body: { environment: place.environment, note, ...asked } })
              .then((done) => (done === null ? undefined : ask(null)))
          }
        />
      )}
    </Panel>
  );
}

function WayBack({ place }: { readonly place: Place }): ReactNode {
  const { rollback } = place;
  return (
    <Panel title={`Way back in ${place.environment}`}>
      {rollback === null ? (
        <p className="text-quiet">It is planned when a deployment is asked for.</p>
      ) : (
        <div className="space-y-1">
          <p className="flex flex-wrap items-center gap-2">
            <Tag tone={rollback.kind === 'safe' ? 'allow' : 'deny'}>{rollback.kind}</Tag>
            {rollback.to === null ? null : (
              <span>
                to <Link to={`/releases/${rollback.to.release}`}>{rollback.to.version ?? rollback.to.release}</Link>
              </span>
            )}
          </p>
          <p>{rollback.why}</p>
        </div>
      )}
    </Panel>
  );
}

function Incidents({ page }: { readonly page: Release }): ReactNode {
  return (
    <Panel title="Incidents">
      <ul className="space-y-2">
        {page.incidents.map((one) => (
          <li key={one.id} className="space-y-0.5">
            <p className="flex flex-wrap items-center gap-2">
              <State of={one.state} />
              <Tag>{one.severity}</Tag>
              {one.linked ? <Tag tone="deny">put down to this release</Tag> : null}
            </p>
            <Link to={`/incidents/${one.id}`}>
              <bdi>{one.title}</bdi>
            </Link>
            <p className="text-sm text-quiet">
              {one.environment ?? 'everywhere'}, began <When at={one.startedAt} />
            </p>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Glasses({ page }: { readonly page: Release }): ReactNode {
  return (
    <Panel title="Break-glass">
      <ul className="space-y-2">
        {page.breakGlass.map((one) => (
          <li key={one.id} className="space-y-0.5">
            <p className="flex flex-wrap items-center gap-2">
              <span className="font-medium">{one.environment}</span>
              {one.until === null ? (
                <Tag tone="wait">
                  {one.persons.length} of {one.personsNeeded} persons
                </Tag>
              ) : (
                <Tag tone="deny">
                  open until <When at={one.until} />
                </Tag>
              )}
            </p>
            <p>
              <bdi>{one.persons.map((person) => person.name).join(', ')}</bdi>: <bdi>{one.reason}</bdi> (<bdi>{one.ticket}</bdi>)
            </p>
            {one.debt === null ? null : (
              <p className="text-sm">
                Review:{' '}
                {one.debt.state === 'paid' ? (
                  'done'
                ) : (
                  <>
                    <Link to={`/debts?waiver=${one.debt.id}`}>owed</Link>, due <When at={one.debt.due} />
                  </>
                )}
              </p>
            )}
          </li>
        ))}
      </ul>
    </Panel>
  );
}
