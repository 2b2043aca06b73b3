import type { ReactNode } from 'react';
import type { listRunFindings, RunFinding } from '../../../../src/contract/findings.ts';
import { useAnswer } from '../../api/query.ts';
import { Empty, Filters, Loaded, Table, Tag, UrlSelect, useUrl, When } from '../../kit/index.ts';

const SEVERITIES = ['critical', 'high', 'medium', 'low', 'info'] as const;
const STATES = ['new', 'known', 'fixed'] as const;
const pick = <Choice extends string>(value: string, choices: readonly Choice[]): Choice | undefined => choices.find((one) => one === value);

/** What scanners found in this run beside the last release, worst first; the filters stand in the address. */
export function Findings({ run }: { readonly run: string }): ReactNode {
  const [state] = useUrl('state');
  const [severity] = useUrl('severity');
  const [rule] = useUrl('rule');
  const answer = useAnswer<typeof listRunFindings>(
    '/v1/findings',
    {
      query: {
        run,
        limit: 500,
        ...(pick(state, STATES) === undefined ? {} : { state: pick(state, STATES) }),
        ...(pick(severity, SEVERITIES) === undefined ? {} : { severity: pick(severity, SEVERITIES) }),
        ...(rule === '' ? {} : { rule }),
      },
    },
    { live: ['report', run] },
  );
  return (
    <Loaded of={answer}>
      {({ items, total, states, rules, before }) => {
        const none = states.new + states.known + states.fixed === 0;
        if (none)
          return (
            <Empty title="No finding in this run." command="reports: [{ path: scan.sarif }]">
              Either no scanner wrote a report, or the scanners that did found nothing; the tab of reports says which.
            </Empty>
          );
        return (
          <div className="min-w-0">
            <div className="space-y-2 p-3">
              <Filters>
                <UrlSelect
                  name="state"
                  label="State"
                  options={[
                    ['', `all (${states.new + states.known + states.fixed})`],
                    ...STATES.map((one) => [one, `${one} (${states[one]})`] as const),
                  ]}
                />
                <UrlSelect name="severity" label="Severity" options={[['', 'all'], ...SEVERITIES.map((one) => [one, one] as const)]} />
                <UrlSelect
                  name="rule"
                  label="Rule"
                  options={[['', 'all'], ...rules.map((one) => [one.rule, `${one.rule.slice(0, 60)} (${one.count})`] as const)]}
                />
              </Filters>
              <p className="text-sm text-quiet">
                {before
                  ? 'New, known and fixed: beside what the last release has.'
                  : 'Nothing was released yet to compare with, so nothing is new.'}
              </p>
            </div>
            <Table
              caption="findings of this run"
              rows={items}
              rowKey={(one) => `${one.fingerprint} ${one.state}`}
              empty={<p className="p-3 text-quiet">No finding passes these filters.</p>}
              columns={[
                { key: 'severity', label: 'Severity', cell: (one) => <Tag tone={toneOf(one)}>{one.severity}</Tag> },
                {
                  key: 'state',
                  label: 'State',
                  cell: (one) => <Tag tone={one.state === 'new' ? 'wait' : one.state === 'fixed' ? 'allow' : 'plain'}>{one.state}</Tag>,
                },
                { key: 'what', label: 'Finding', breaks: true, cell: (one) => <What of={one} /> },
                {
                  key: 'due',
                  label: 'Due',
                  cell: (one) => <Due of={one} />,
                  wide: true,
                },
              ]}
            />
            {total > items.length ? <p className="p-3 text-sm text-quiet">{total - items.length} more: narrow it by a filter.</p> : null}
          </div>
        );
      }}
    </Loaded>
  );
}

function toneOf({ severity, vex }: RunFinding): 'deny' | 'wait' | 'plain' {
  if (vex?.status === 'not_affected' || vex?.status === 'fixed') return 'plain';
  return severity === 'critical' || severity === 'high' ? 'deny' : severity === 'medium' ? 'wait' : 'plain';
}

function Due({ of: { due, state } }: { readonly of: RunFinding }): ReactNode {
  if (due === null || state === 'fixed') return <span className="text-quiet">–</span>;
  return (
    <span className="inline-flex flex-wrap items-baseline gap-1.5">
      <When at={due} />
      {Date.parse(due) < Date.now() ? <Tag tone="deny">late</Tag> : null}
    </span>
  );
}

function What({ of: one }: { readonly of: RunFinding }): ReactNode {
  return (
    <details className="min-w-0">
      <summary className="min-w-0 cursor-pointer">
        <bdi className="font-medium">{one.rule}</bdi>{' '}
        {one.exploited === null ? null : (
          <>
            <Tag tone="deny" icon="incident">
              exploited
            </Tag>{' '}
            {one.exploited.due === null ? null : <span className="text-sm">repair by {one.exploited.due}</span>}{' '}
          </>
        )}
        {one.suppressed ? <Tag>suppressed</Tag> : null} {one.vex === null ? null : <Tag>VEX: {one.vex.status.replaceAll('_', ' ')}</Tag>}
        <bdi className="block pl-4 text-sm text-quiet">{one.location || one.component}</bdi>
      </summary>
      <div className="space-y-1 py-1 pl-4 text-sm">
        <p className="break-words">
          <bdi>{one.message}</bdi>
        </p>
        <dl className="grid grid-cols-[auto_1fr] gap-x-3 gap-y-1">
          <Line label="Tool">{one.tool}</Line>
          <Line label="Vulnerability">{[one.cve, ...one.aliases].filter((name) => name !== null).join(', ')}</Line>
          <Line label="Weakness">{one.cwe.map((number) => `CWE-${number}`).join(', ')}</Line>
          <Line label="In">{one.purl ?? one.component ?? ''}</Line>
          <Line label="Fixed in">{one.fixedIn ?? ''}</Line>
          <Line label="VEX">
            {one.vex === null ? '' : [one.vex.source, one.vex.justification, one.vex.statement].filter((part) => part !== null).join('; ')}
          </Line>
          <Line label="Fingerprint">{one.fingerprint}</Line>
        </dl>
      </div>
    </details>
  );
}

function Line({ label, children }: { readonly label: string; readonly children: string }): ReactNode {
  if (children === '') return null;
  return (
    <>
      <dt className="text-quiet">{label}</dt>
      <dd className="min-w-0 break-all">
        <bdi>{children}</bdi>
      </dd>
    </>
  );
}
