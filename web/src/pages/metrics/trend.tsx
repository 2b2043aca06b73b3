import { useEffect, useRef, type ReactNode } from 'react';
import type uPlot from 'uplot';
import type { FigureName, getDoraTrend } from '../../../../src/contract/metrics.ts';
import { useAnswer } from '../../api/query.ts';
import { Loaded, Table, useUrl, When } from '../../kit/index.ts';
import { say } from './words.ts';

type Week = { readonly from: string; readonly to: string } & Readonly<
  Record<FigureName, { readonly value: number | null; readonly counted: number; readonly unknown: number }>
>;

/** A figure week by week: drawn, and as a table for who can't see the drawing. */
export function Trend({
  figure,
  unit,
  query,
}: {
  readonly figure: FigureName;
  readonly unit: string;
  readonly query: Record<string, string>;
}): ReactNode {
  const [weeks] = useUrl('weeks', '13');
  const { days: _, ...filters } = query;
  const trend = useAnswer<typeof getDoraTrend>(
    '/v1/metrics/dora/trend',
    { query: { ...filters, weeks } as never },
    { live: ['deployment', 'service', 'incident'], keep: true },
  );
  return (
    <Loaded of={trend} lines={5}>
      {({ items }) => (
        <div className="space-y-2">
          <Chart weeks={items} figure={figure} unit={unit} />
          <details>
            <summary className="min-h-6 text-sm text-quiet">The same as a table</summary>
            <Table
              caption="The figure week by week"
              rows={[...items].reverse()}
              rowKey={(week) => week.to}
              columns={[
                { key: 'to', label: 'week to', cell: (week) => <When at={week.to} /> },
                { key: 'value', label: 'value', right: true, cell: (week) => say(week[figure].value, unit) },
                { key: 'counted', label: 'counted', right: true, cell: (week) => week[figure].counted },
                { key: 'unknown', label: 'unknown', right: true, cell: (week) => week[figure].unknown },
              ]}
            />
          </details>
        </div>
      )}
    </Loaded>
  );
}

/** The unit that the largest value is read in best. */
function scaleOf(unit: string, most: number): readonly [size: number, word: string] {
  if (unit === 'share') return [0.01, '%'];
  if (unit !== 'seconds') return [1, unit];
  if (most >= 2 * 86_400) return [86_400, 'days'];
  if (most >= 2 * 3600) return [3600, 'hours'];
  return most >= 120 ? [60, 'minutes'] : [1, 'seconds'];
}

/** Where nothing was measured there is a gap, never a zero. */
function Chart({
  weeks,
  figure,
  unit,
}: {
  readonly weeks: readonly Week[];
  readonly figure: FigureName;
  readonly unit: string;
}): ReactNode {
  const box = useRef<HTMLDivElement>(null);
  const [size, word] = scaleOf(unit, Math.max(0, ...weeks.map((week) => week[figure].value ?? 0)));
  useEffect(() => {
    const node = box.current;
    if (node === null) return;
    let plot: uPlot | null = null;
    let gone = false;
    const room = (): { width: number; height: number } => ({ width: Math.max(node.clientWidth, 200), height: 200 });
    const observer = new ResizeObserver(() => plot?.setSize(room()));
    const show = async (): Promise<void> => {
      const { draw } = await import('./plot.ts');
      if (gone) return;
      const data = weeks.map((week) => {
        const { value } = week[figure];
        return value === null ? null : value / size;
      });
      plot = draw(
        node,
        room(),
        weeks.map((week) => Date.parse(week.to) / 1000),
        data,
        word,
      );
      observer.observe(node);
    };
    void show();
    return () => {
      gone = true;
      observer.disconnect();
      plot?.destroy();
    };
  }, [weeks, figure, size, word]);
  return (
    <figure className="min-w-0">
      <div ref={box} aria-hidden="true" className="min-h-[200px] min-w-0 overflow-hidden" />
      <figcaption className="text-xs text-quiet">{word} by week; a week in which nothing was measured has no point.</figcaption>
    </figure>
  );
}
