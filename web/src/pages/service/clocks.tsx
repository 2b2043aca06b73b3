import type { ReactNode } from 'react';
import type { listFindingClocks, listRuleSignal } from '../../../../src/contract/findings.ts';
import { useAnswer } from '../../api/query.ts';
import { Ago, Loaded, Panel, Table, Tag } from '../../kit/index.ts';

/** Rules shown; `ym report signal` has all. */
const MOST = 20;
const TONES = { critical: 'deny', high: 'deny', medium: 'wait', low: 'plain', info: 'plain' } as const;

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
              { key: 'severity', label: 'Severity', cell: (one) => <Tag tone={TONES[one.severity]}>{one.severity}</Tag> },
              { key: 'open', label: 'Open', right: true, cell: (one) => one.open.toLocaleString() },
              {
                key: 'late',
                label: 'Late',
                cell: (one) =>
                  one.late === 0 ? <span className="text-quiet">none</span> : <Tag tone="deny">{one.late.toLocaleString()} late</Tag>,
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
                label: `To be gone within, in tier ${tier}`,
                cell: (one) => (
                  <span>
                    {one.days === null ? (
                      <span className="text-quiet">no day is asked</span>
                    ) : one.days === 1 ? (
                      '1 day'
                    ) : (
                      `${one.days} days`
                    )}
                    {one.next === null ? null : (
                      <span className="block text-sm text-quiet">
                        the next is due <Ago at={one.next} />
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
            <div className="border-t border-line">
              <p className="px-3 pt-3 text-quiet">
                What each rule of the scanners is worth: how much of what was waived was no finding at all.
              </p>
              <Table
                caption="What the rules of the scanners are worth, those with most false positives first"
                rows={items.slice(0, MOST)}
                rowKey={(one) => `${one.tool} ${one.rule}`}
                columns={[
                  {
                    key: 'rule',
                    label: 'Rule',
                    breaks: true,
                    cell: (one) => (
                      <span>
                        <bdi>{one.rule}</bdi>
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
            </div>
          )
        }
      </Loaded>
    </Panel>
  );
}
