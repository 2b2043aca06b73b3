import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

/** Draws points and the line between them, in the colours of the page. Loaded only when there is something to draw. */
export function draw(node: HTMLElement, size: { width: number; height: number }, x: number[], y: (number | null)[], label: string): uPlot {
  const [line, quiet, grid] = [colour(node, 'accent'), colour(node, 'quiet'), colour(node, 'line')];
  const axis = { stroke: quiet, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid, width: 1 }, font: '12px system-ui, sans-serif' };
  return new uPlot(
    {
      ...size,
      legend: { show: false },
      cursor: { drag: { x: false, y: false } },
      scales: { y: { range: (_plot, _least, most) => [0, Math.max(most * 1.1, Number.EPSILON) || 1] } },
      axes: [axis, { ...axis, size: 56 }],
      series: [{}, { label, stroke: line, width: 2, points: { show: true, size: 6, fill: line }, spanGaps: false }],
    },
    [x, y],
    node,
  );
}

/** A colour of the page as a canvas takes it: `light-dark()` is resolved by the browser. */
function colour(node: HTMLElement, name: string): string {
  const probe = document.createElement('span');
  probe.style.color = `var(--color-${name})`;
  node.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}
