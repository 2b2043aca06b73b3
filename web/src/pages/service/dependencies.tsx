import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { Empty, Icon, Panel } from '../../kit/index.ts';
import type { Overview } from './types.ts';

type Fit = Overview['needs'][number];

/** What it needs and who needs it, and whether what runs fits what is asked. */
export function Dependencies({ of }: { readonly of: Overview }): ReactNode {
  return (
    <div className="grid gap-4 lg:grid-cols-2">
      <Side title="It needs" fits={of.needs} none="It depends on no other service." />
      <Side title="Who needs it" fits={of.neededBy} none="No service says that it depends on this one." />
    </div>
  );
}

function Side({ title, fits, none }: { readonly title: string; readonly fits: readonly Fit[]; readonly none: string }): ReactNode {
  return (
    <Panel title={title}>
      {fits.length === 0 ? (
        <Empty title={none}>Dependencies are named under “depends-on” in yardmaster.yaml, each with a range of versions.</Empty>
      ) : (
        <ul className="space-y-3">
          {fits.map((fit) => (
            <li key={`${fit.service} ${fit.range ?? ''}`}>
              <p>
                {fit.exists ? (
                  <Link to="/services/$service" params={{ service: fit.service } as never} className="font-medium">
                    {fit.service}
                  </Link>
                ) : (
                  <span className="font-medium text-deny">{fit.service} is not in the catalog</span>
                )}{' '}
                <span className="text-quiet">{fit.range === null ? 'any version' : fit.range}</span>
              </p>
              <ul className="mt-1 flex flex-wrap gap-x-4 gap-y-1 text-sm">
                {fit.places.map((place) => (
                  <li key={place.environment} className="flex items-center gap-1">
                    <Icon
                      name={place.fits === 'yes' ? 'done' : place.fits === 'no' ? 'deny' : 'unknown'}
                      size={12}
                      className={place.fits === 'yes' ? 'text-allow' : place.fits === 'no' ? 'text-deny' : 'text-unknown'}
                    />
                    <span>
                      {place.environment}: {place.version === null ? 'not there' : <bdi>{place.version}</bdi>}
                      {place.fits === 'yes' ? '' : place.fits === 'no' ? (place.version === null ? '' : ' does not fit') : ' can’t be told'}
                    </span>
                  </li>
                ))}
                {fit.places.length === 0 ? <li className="text-quiet">nowhere yet</li> : null}
              </ul>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
