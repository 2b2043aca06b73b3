import type { ReactNode } from 'react';
import type { listFindingClocks, listRuleSignal } from '../../../../src/contract/findings.ts';
import { useAnswer } from '../../api/query.ts';
import { Ago, Loaded, Panel, Table, Tag } from '../../kit/index.ts';

/** Rules shown; `ym report signal` has all. */
const MOST = 20;

/** What scanners find in a service: how late what is open is, and what each of their rules is worth. */
export function FindingClocks({ service }: { readonly service: string }): ReactNode {
  const clocks = useAnswer<typeof listFindingClocks>('/v1/findings/clocks', { query: { service } }, { live: ['report', 'waiver'] });
  const signal = useAnswer<typeof listRuleSignal>('/v1/findings/rules', { query: { service } }, { live: ['report', 'waiver'] });
  return (
    <Panel title="Findings" flush>
      <Loaded of={clocks} lines={2}>
        {({ tier, items }) => (
          <Table
            caption="Findings, by severity"
            rows={items}
            rowKey={(one) => one.severity}
            empty={<p className="p-3 text-quiet">Nothing is open in the newest reports of the protected branch.</p>}
            columns={[
              { key: 'severity', label: 'Severity', cell: (one) => one.severity },
              { key: 'open', label: 'Open', right: true, cell: (one) => one.open },
              {
                key: 'late',
                label: 'Late',
                cell: (one) => (one.late === 0 ? <span className="text-quiet">none</span> : <Tag tone="deny">{one.late} late</Tag>),
              },
              {
                key: 'met',
                label: 'Gone in 90 days',
                cell: (one) =>
                  one.gone === 0 ? (
                    <span className="text-quiet">none</span>
                  ) : (
                    `${one.gone}, ${one.met === one.gone ? 'all' : one.met} in time`
                  ),
              },
              {
                key: 'next',
                label: `Due in tier ${tier}`,
                cell: (one) => (
                  <span>
                    {one.days === null ? <span className="text-quiet">no day is asked</span> : `${one.days} days`}
                    {one.next === null ? null : (
                      <span className="block text-sm text-quiet">
                        the next <Ago at={one.next} />
                      </span>
                    )}
                  </span>
                ),
              },
            ]}
          />
        )}
      </Loaded>
      <Loaded of={signal} lines={2}>
        {({ items }) =>
          items.length === 0 ? null : (
            <>
              <Table
                caption="What the rules of the scanners are worth, those with most false positives first"
                rows={items.slice(0, MOST)}
                rowKey={(one) => `${one.tool} ${one.rule}`}
                columns={[
                  {
                    key: 'rule',
                    label: 'Rule',
                    cell: (one) => (
                      <span>
                        <bdi className="break-all">{one.rule}</bdi>
                        <bdi className="block text-sm text-quiet">{one.tool}</bdi>
                      </span>
                    ),
                  },
                  { key: 'found', label: 'Found', right: true, sort: (one) => one.found, cell: (one) => one.found },
                  { key: 'waived', label: 'Waived', right: true, wide: true, sort: (one) => one.waived, cell: (one) => one.waived },
                  {
                    key: 'false',
                    label: 'False positives',
                    right: true,
                    sort: (one) => one.falsePercent ?? -1,
                    cell: (one) => (one.falsePercent === null ? '–' : `${one.falsePercent} %`),
                  },
                ]}
              />
              {items.length > MOST ? (
                <p className="p-3 text-sm text-quiet">
                  {MOST} of {items.length}; <code>ym report signal {service}</code> shows all.
                </p>
              ) : null}
            </>
          )
        }
      </Loaded>
    </Panel>
  );
}
