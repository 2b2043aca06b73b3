import { useEffect, useRef, type ReactNode } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

export type Series = {
  readonly label: string;
  readonly tone: 'accent' | 'quiet' | 'deny' | 'allow' | 'wait';
  readonly dash?: boolean;
  readonly values: readonly (number | null)[];
};

/** Lines over time. What it shows is said in a table beside it; to screen readers this is a picture with its newest values. */
export function Chart({
  title,
  unit,
  at,
  series,
}: {
  readonly title: string;
  readonly unit: string;
  readonly at: readonly number[];
  readonly series: readonly Series[];
}): ReactNode {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const data: uPlot.AlignedData = [[...at], ...series.map((one) => [...one.values])];
  const shape = series.map((one) => `${one.label} ${one.tone}`).join();
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    plot.current = new uPlot(options(element, series, unit), data, element);
    const resized = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height: HEIGHT }));
    resized.observe(element);
    // Another theme has other colours: drawn anew.
    const themed = matchMedia('(prefers-color-scheme: dark)');
    const redraw = (): void => plot.current?.redraw();
    themed.addEventListener('change', redraw);
    return () => {
      themed.removeEventListener('change', redraw);
      resized.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps -- new numbers go into the same plot below
  }, [shape, unit]);
  useEffect(() => {
    plot.current?.setData(data);
  });
  const newest = series.map((one) => `${one.label} ${one.values.findLast((value) => value !== null) ?? 'unknown'} ${unit}`).join(', ');
  return (
    <figure className="min-w-0">
      <figcaption className="text-sm text-quiet">{title}</figcaption>
      <div ref={box} role="img" aria-label={`${title}: ${newest}`} className="min-w-0 overflow-hidden" />
      <ul className="flex flex-wrap gap-x-4 text-sm" aria-hidden="true">
        {series.map((one) => (
          <li key={one.label} className="flex items-center gap-1.5">
            <span
              className={`w-4 border-t-2 ${one.dash === true ? 'border-dashed' : ''}`}
              style={{ borderColor: `var(--color-${one.tone})` }}
            />
            {one.label}
          </li>
        ))}
      </ul>
    </figure>
  );
}

const HEIGHT = 150;

function options(element: HTMLElement, series: readonly Series[], unit: string): uPlot.Options {
  const colour =
    (name: string): (() => string) =>
    () =>
      resolve(element, `var(--color-${name})`);
  const axis = { stroke: colour('quiet'), grid: { stroke: colour('line'), width: 1 }, ticks: { stroke: colour('line'), width: 1 } };
  return {
    width: element.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { drag: { x: false, y: false } },
    scales: {
      y: {
        range: (_, low, high) =>
          low === high ? [Math.min(0, low), Math.max(1, high * 1.2)] : [Math.min(0, low), high + (high - low) * 0.1],
      },
    },
    axes: [axis, { ...axis, size: 56, values: (_, ticks) => ticks.map((tick) => `${tick} ${unit}`.trim()) }],
    series: [
      {},
      ...series.map((one) => ({
        label: one.label,
        stroke: colour(one.tone),
        width: 1.5,
        ...(one.dash === true ? { dash: [5, 4] } : {}),
        points: { show: one.values.length < 30, size: 4 },
      })),
    ],
  };
}

/** A colour of the page as a canvas takes it: `light-dark()` is resolved by the browser. */
function resolve(element: HTMLElement, value: string): string {
  const probe = document.createElement('span');
  probe.style.color = value;
  element.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}
