import { Link } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import type { listDestinations, listPromotions, promoteArtifact, PromotionView } from '../../../../src/contract/promotions.ts';
import { useAct, useAnswer } from '../../api/query.ts';
import { useMay } from '../../app/session.tsx';
import { Ask, Button, Command, Empty, Field, Loaded, Panel, Select, Table, Tag, When } from '../../kit/index.ts';

const STATES = {
  asked: { tone: 'wait', icon: 'wait' },
  promoted: { tone: 'allow', icon: 'done' },
  refused: { tone: 'deny', icon: 'deny' },
  failed: { tone: 'deny', icon: 'incident' },
} as const;

/** Where it was promoted to, or why not; and the wish to. `of`: an artifact by digest, or a release by id. */
export function Promotions({ of, releases }: { readonly of: Of; readonly releases: readonly Release[] }): ReactNode {
  const promotions = useAnswer<typeof listPromotions>('/v1/promotions', { query: of }, { live: ['promotion', 'artifact'] });
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
        of.digest === undefined ? undefined : (
          <Button because={because} onClick={() => setAsking(true)}>
            Promote
          </Button>
        )
      }
    >
      <Loaded of={promotions} lines={2}>
        {({ items }) => (
          <Table
            caption="Promotions"
            rows={items}
            rowKey={(one) => one.id}
            empty={
              <Empty title="It was promoted nowhere.">
                <Command
                  text={
                    of.digest === undefined
                      ? 'ym artifact promote --release RELEASE --env ENVIRONMENT'
                      : `ym artifact promote ${of.digest} --to DESTINATION`
                  }
                />
              </Empty>
            }
            columns={columns}
          />
        )}
      </Loaded>
      {asking && of.digest !== undefined ? (
        <Promote digest={of.digest} names={known.map(({ name }) => name)} releases={releases} onClose={() => setAsking(false)} />
      ) : null}
    </Panel>
  );
}

type Of = { readonly digest?: string; readonly release?: string };
type Release = { readonly id: string; readonly service: string; readonly version: string };

const columns = [
  {
    key: 'state',
    label: 'State',
    cell: (one: PromotionView) => (
      <Tag tone={STATES[one.state].tone} icon={STATES[one.state].icon}>
        {one.state}
      </Tag>
    ),
  },
  {
    key: 'to',
    label: 'To',
    cell: (one: PromotionView) => `${one.destination}${one.environment === null ? '' : ` for ${one.environment}`}`,
  },
  {
    key: 'as',
    label: 'As',
    cell: (one: PromotionView) =>
      one.release === null ? (
        (one.tag ?? '–')
      ) : (
        <Link to="/releases/$release" params={{ release: one.release.id } as never}>
          {one.tag ?? one.release.version}
        </Link>
      ),
  },
  { key: 'when', label: 'When', cell: (one: PromotionView) => <When at={one.promotedAt ?? one.askedAt} /> },
  {
    key: 'where',
    label: 'Where it lies, or why not',
    cell: (one: PromotionView) =>
      one.reasons.length > 0 ? (
        <ul className="space-y-1">
          {one.reasons.map((reason) => (
            <li key={reason.code + reason.text}>
              <bdi>{reason.text}</bdi>
            </li>
          ))}
        </ul>
      ) : (
        <code className="text-sm break-all">{one.location ?? 'it is being copied'}</code>
      ),
  },
];

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
