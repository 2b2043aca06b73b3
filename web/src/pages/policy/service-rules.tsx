import { Link, useParams } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { serviceRules } from '../../../../src/contract/policy-levels.ts';
import type { AnswerOf } from '../../../../src/contract/route.ts';
import { useAnswer } from '../../api/query.ts';
import { Filters, Loaded, Page, Panel, Table, Tag, useUrl, UrlFilter } from '../../kit/index.ts';
import { useKind } from './rules.tsx';

type Rules = AnswerOf<typeof serviceRules>;
type Rule = Rules['kinds'][number]['rules'][number];

/** What is asked of a service in the end, and which level asks it. */
export default function Screen(): ReactNode {
  const { service } = useParams({ strict: false }) as { service: string };
  const [commit] = useUrl('commit');
  const [kind, choice] = useKind();
  const whole = /^[0-9a-f]{40}([0-9a-f]{24})?$/.test(commit);
  const rules = useAnswer<typeof serviceRules>(
    '/v1/services/{service}/rules',
    { params: { service }, query: whole ? { commit } : {} },
    { live: ['policy', 'service'], keep: true },
  );
  return (
    <Page
      title={`Rules of ${service}`}
      crumbs={[
        { label: 'Services', to: '/services' },
        { label: service, to: `/services/${service}` },
      ]}
    >
      <p className="max-w-3xl text-quiet">
        All that is asked of it: by its policy, tightened by the organisation’s minimum, by its team, and by the repository’s own file at
        the commit of a release.
      </p>
      <Filters>
        {choice}
        <UrlFilter name="commit" label="Commit of a release" placeholder="all of its characters" />
      </Filters>
      <Loaded of={rules} lines={8}>
        {(one) => (
          <>
            {one.unreadable.map((text) => (
              <p key={text} role="alert" className="rounded-md border border-line bg-deny-soft p-3 break-words">
                {text}
              </p>
            ))}
            <Panel flush>
              <Table
                caption={`What is asked of ${service} in front of ${kind}`}
                rows={one.kinds.find((cell) => cell.kind === kind)?.rules ?? []}
                rowKey={(rule) => `${rule.check ?? ''} ${rule.words}`}
                columns={[
                  {
                    key: 'words',
                    label: `tier ${one.tier}, in front of ${kind}`,
                    cell: (rule) => (
                      <div className="min-w-0 break-words">
                        {rule.words}
                        {rule.check === null ? null : <code className="ml-2 text-sm text-quiet">{rule.check}</code>}
                      </div>
                    ),
                  },
                  { key: 'level', label: 'asked by', cell: (rule) => <By rule={rule} of={one} /> },
                ]}
              />
            </Panel>
          </>
        )}
      </Loaded>
    </Page>
  );
}

function By({ rule: { origin }, of }: { readonly rule: Rule; readonly of: Rules }): ReactNode {
  if (origin === null)
    return (
      <Link to="/policies/$policy" params={{ policy: of.policy.name } as never}>
        policy {of.policy.name}
      </Link>
    );
  if (origin.level === 'organisation') return <Link to="/policies/minimum">the organisation</Link>;
  if (origin.level === 'team')
    return (
      <Link to="/policies/team/$team" params={{ team: of.team } as never}>
        team {origin.of}
      </Link>
    );
  return <Tag>repository at {origin.of?.slice(0, 12)}</Tag>;
}
