import { useParams } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { getMinimum, getTeamPolicy, PolicyLevel } from '../../../../src/contract/policy-levels.ts';
import { useAnswer } from '../../api/query.ts';
import { useMay, useMe } from '../../app/session.tsx';
import { Button, Empty, Loaded, Page, Panel, Tabs, Tag, useUrl } from '../../kit/index.ts';
import { Proposals, TeamProposals } from './proposals.tsx';
import { EVERY_KIND, TIERS, useKind } from './rules.tsx';
import { Lines } from './text.tsx';
import { LevelEditor } from './level-editor.tsx';

const LIVE = { live: ['policy', 'service'], keep: true } as const;

/** What the organisation asks of every service, or a team of its own, beside the policies that they stand under. */
export default function Screen(): ReactNode {
  const { team } = useParams({ strict: false }) as { team?: string };
  return team === undefined ? <Minimum /> : <Team key={team} team={team} />;
}

function Minimum(): ReactNode {
  const level = useAnswer<typeof getMinimum>('/v1/policy-levels/organisation', {}, LIVE);
  const me = useMe().person;
  return (
    <Frame title="The organisation's minimum" level={level.data}>
      <Loaded of={level} lines={8}>
        {(one) => (
          <Level
            of={one}
            says="Asked of every service, whatever its policy says. Policies, teams and repositories can only add to it."
            me={me}
          />
        )}
      </Loaded>
    </Frame>
  );
}

function Team({ team }: { readonly team: string }): ReactNode {
  const me = useMe().person;
  const level = useAnswer<typeof getTeamPolicy>('/v1/teams/{team}/policy', { params: { team } }, LIVE);
  const says = 'Asked of the services of this team, beside their policy. It can only add to the organisation’s minimum.';
  return (
    <Frame title={`What ${team} asks of itself`} level={level.data}>
      <Loaded of={level} lines={8}>
        {(one) => <Level of={one} says={says} me={me} />}
      </Loaded>
    </Frame>
  );
}

function Frame({
  title,
  level,
  children,
}: {
  readonly title: string;
  readonly level: PolicyLevel | undefined;
  readonly children: ReactNode;
}): ReactNode {
  return (
    <Page
      title={title}
      crumbs={[{ label: 'Policies', to: '/policies' }]}
      mark={
        level === undefined ? undefined : <Tag tone="accent">{level.source === null ? 'asks nothing' : `version ${level.version}`}</Tag>
      }
    >
      {children}
    </Page>
  );
}

function Level({ of, says, me }: { readonly of: PolicyLevel; readonly says: string; readonly me: string | null }): ReactNode {
  const [editing, edit] = useUrl('edit');
  const may = useMay()('policy.write');
  const because = may ? null : 'you hold no role that may change policies';
  if (editing === '1') return <LevelEditor of={of} onClose={() => edit('')} />;
  const change = (
    <Button because={because} onClick={() => edit('1')}>
      {of.source === null ? 'Begin' : 'Change'}
    </Button>
  );
  return (
    <>
      <p className="max-w-3xl text-quiet">
        {says} It holds for {of.services === 1 ? 'one service' : `${of.services} services`} now.
      </p>
      {of.source === null ? (
        <Empty
          title="Nothing is asked here yet"
          command={of.team === null ? 'ym policy put-minimum minimum.yaml' : `ym policy put-team ${of.team} ${of.team}.yaml`}
        >
          Begin with the gates that come with the program for a stack and a tier, or write your own.
          <span className="mt-2 block">{change}</span>
        </Empty>
      ) : (
        <Tabs
          tabs={[
            { key: 'rules', label: 'Rules', body: () => <Asks of={of} /> },
            {
              key: 'text',
              label: 'Text',
              body: () => (
                <Panel flush title={`policy.yaml, version ${of.version}`} actions={change}>
                  <Lines text={of.source ?? ''} diagnostics={[]} />
                </Panel>
              ),
            },
            {
              key: 'proposals',
              label: 'Proposals',
              body: () => (of.team === null ? <Proposals policy="minimum" me={me} /> : <TeamProposals team={of.team} me={me} />),
            },
          ]}
        />
      )}
    </>
  );
}

/** What it adds, tier beside tier. */
function Asks({ of }: { readonly of: PolicyLevel }): ReactNode {
  const [kind, choice] = useKind();
  const others = EVERY_KIND.filter((one) => one !== kind && of.asks.some((cell) => cell.kind === one));
  return (
    <div className="space-y-3">
      {choice}
      <div className="grid gap-3 lg:grid-cols-3">
        {[1, 2, 3].map((tier) => {
          const words = of.asks.find((cell) => cell.tier === tier && cell.kind === kind)?.words ?? [];
          return (
            <Panel key={tier} title={TIERS[tier] ?? `Tier ${tier}`}>
              {words.length === 0 ? (
                <p className="text-quiet">Nothing is added here.</p>
              ) : (
                <ul className="list-disc space-y-1.5 pl-5">
                  {words.map((one) => (
                    <li key={one} className="break-words">
                      {one}
                    </li>
                  ))}
                </ul>
              )}
            </Panel>
          );
        })}
      </div>
      {others.length === 0 ? null : <p className="text-sm text-quiet">It also asks something in front of {others.join(', ')}.</p>}
    </div>
  );
}
