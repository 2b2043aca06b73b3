import { useState, type ReactNode } from 'react';
import type { listDestinations, listPromotions, promoteArtifact } from '../../../../src/contract/promotions.ts';
import { useAct, useAnswer } from '../../api/query.ts';
import { useMay } from '../../app/session.tsx';
import { Ask, Button, Empty, Field, Loaded, Panel, PromotionTable, Select } from '../../kit/index.ts';

/** Where it was promoted to, or why not; and the wish to. */
export function Promotions({ digest, releases }: { readonly digest: string; readonly releases: readonly Release[] }): ReactNode {
  const promotions = useAnswer<typeof listPromotions>('/v1/promotions', { query: { digest } }, { live: ['promotion', 'artifact'] });
  const destinations = useAnswer<typeof listDestinations>('/v1/promotion-destinations', {}, { live: ['promotion-destination'] });
  const [asking, setAsking] = useState(false);
  const may = useMay()('artifact.promote');
  const known = destinations.data?.items ?? [];
  const because = !may
    ? 'it needs the role developer over its service'
    : known.length === 0
      ? 'no destination is set: an admin does that with ym promotion set'
      : null;
  return (
    <Panel
      title="Promotions"
      flush
      actions={
        <Button because={because} onClick={() => setAsking(true)}>
          Promote
        </Button>
      }
    >
      <Loaded of={promotions} lines={2}>
        {({ items }) => (
          <PromotionTable
            items={items}
            empty={
              <Empty title="It was promoted nowhere." command={`ym artifact promote ${digest} --to DESTINATION`}>
                A promotion copies it by its digest, with what is attested of it, into a registry of releases.
              </Empty>
            }
          />
        )}
      </Loaded>
      {asking ? (
        <Promote digest={digest} names={known.map(({ name }) => name)} releases={releases} onClose={() => setAsking(false)} />
      ) : null}
    </Panel>
  );
}

type Release = { readonly id: string; readonly service: string; readonly version: string };

function Promote({
  digest,
  names,
  releases,
  onClose,
}: {
  readonly digest: string;
  readonly names: readonly string[];
  readonly releases: readonly Release[];
  readonly onClose: () => void;
}): ReactNode {
  const promote = useAct<typeof promoteArtifact>('POST', '/v1/artifacts/{digest}/promotions');
  const [destination, setDestination] = useState(names[0] ?? '');
  const [release, setRelease] = useState(releases[0]?.id ?? '');
  const [tag, setTag] = useState('');
  const wish = {
    destination,
    ...(release === '' ? {} : { release }),
    ...(tag.trim() === '' ? {} : { tag: tag.trim() }),
  };
  return (
    <Ask
      title="Promote this artifact"
      says="It is copied by its digest, with everything that is attested of it, after the rules say yes; a destination of an environment needs the same answer as a deployment there. A name that exists is never moved."
      does="Promote it"
      reason="none"
      busy={promote.busy}
      problem={promote.problem}
      ready={destination !== ''}
      onDo={() => void promote.act({ params: { digest }, body: wish }).then((answer) => answer !== null && onClose())}
      onClose={onClose}
    >
      <Select label="Destination" value={destination} onChange={setDestination} options={names.map((name) => [name, name] as const)} />
      <Select
        label="As part of"
        value={release}
        onChange={setRelease}
        options={[...releases.map((one) => [one.id, `${one.service} ${one.version}`] as const), ['', 'no release'] as const]}
      />
      <Field
        label="Name (tag)"
        hint="Without one: the release’s version."
        value={tag}
        maxLength={128}
        onChange={(event) => setTag(event.target.value)}
      />
    </Ask>
  );
}
