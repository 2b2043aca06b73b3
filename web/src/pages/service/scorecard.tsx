import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { getDora, KpiView } from '../../../../src/contract/metrics.ts';
import { useAnswer } from '../../api/query.ts';
import { Facts, Loaded, Panel, spell } from '../../kit/index.ts';

/** The DORA figures of the last thirty days; each opens under Metrics to the events behind it. */
export function Scorecard({ service }: { readonly service: string }): ReactNode {
  const dora = useAnswer<typeof getDora>('/v1/metrics/dora', { query: { service } }, { live: ['deployment', 'incident'] });
  return (
    <Panel
      title="Scorecard, 30 days"
      actions={
        <Link to="/metrics" search={{ service } as never}>
          metrics
        </Link>
      }
    >
      <Loaded of={dora} lines={4}>
        {(answer) => (
          <Facts
            of={Object.values(answer as unknown as Record<string, unknown>)
              .filter(isKpi)
              .map((kpi) => [
                kpi.title,
                <Link key={kpi.name} to="/metrics" search={{ service, figure: kpi.name } as never} title={kpi.definition}>
                  {figure(kpi)}
                </Link>,
              ])}
          />
        )}
      </Loaded>
    </Panel>
  );
}

function isKpi(value: unknown): value is KpiView {
  return typeof value === 'object' && value !== null && 'definition' in value && 'unit' in value;
}

function figure({ value, unit }: KpiView): string {
  if (value === null) return 'nothing to measure';
  if (unit === 's' || unit.startsWith('second')) return spell(value * 1000);
  if (unit === 'ratio' || unit === 'share') return `${(value * 100).toFixed(1)} %`;
  return `${Math.round(value * 100) / 100} ${unit}`;
}
