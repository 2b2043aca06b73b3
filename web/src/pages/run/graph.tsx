import { useEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import { Button } from '../../kit/index.ts';
import { boxesOf, columns, SIZE, stateOf, tally, type Box, type Layout } from './groups.ts';
import { lookOf, shortly } from './look.ts';
import type { Job } from './types.ts';

/** From so many boxes on they stand in plain columns: a careful layout would take seconds. */
const CAREFUL = 160;

/** The jobs of a run and what needs what. Boxes are reached by Tab and the arrow keys. */
export function Graph({
  jobs,
  chosen,
  onChoose,
}: {
  jobs: readonly Job[];
  chosen: string | null;
  onChoose: (job: string) => void;
}): ReactNode {
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const boxes = useMemo(() => boxesOf(jobs, open), [jobs, open]);
  const layout = useLayout(boxes);
  const [zoom, setZoom] = useState<number | null>(null);
  const frame = useRef<HTMLDivElement>(null);
  const placeOf = new Map(layout.placed.map((place) => [place.key, place]));
  const wide = layout.width + 24;
  const scale = zoom ?? Math.min(1, Math.max(0.35, (frame.current?.clientWidth ?? 900) / wide));
  const choose = (box: Box<Job>): void => {
    if (box.jobs.length === 1) onChoose(box.jobs[0]?.id ?? '');
    else setOpen(new Set([...open, box.label]));
  };
  return (
    <div className="min-w-0">
      <div className="flex flex-wrap items-center gap-2 p-2">
        <Button aria-label="zoom out" onClick={() => setZoom(Math.max(0.2, scale / 1.25))}>
          −
        </Button>
        <Button aria-label="zoom in" onClick={() => setZoom(Math.min(2, scale * 1.25))}>
          +
        </Button>
        <Button onClick={() => setZoom(null)}>Fit</Button>
        {[...open].map((name) => (
          <Button key={name} onClick={() => setOpen(new Set([...open].filter((one) => one !== name)))}>
            Close {name}
          </Button>
        ))}
        <span className="text-sm text-quiet">{tally(jobs)}</span>
      </div>
      <div ref={frame} className="max-h-[60vh] min-w-0 overflow-auto" onPointerDown={(event) => pan(event, frame.current)}>
        <svg
          width={Math.ceil(wide * scale)}
          height={Math.ceil((layout.height + 24) * scale)}
          viewBox={`-12 -12 ${wide} ${layout.height + 24}`}
          role="group"
          aria-label={`graph of ${jobs.length} jobs`}
          className="block"
        >
          {boxes.flatMap((box) =>
            box.needs.map((need) => <Edge key={`${need} ${box.key}`} from={placeOf.get(need)} to={placeOf.get(box.key)} />),
          )}
          {boxes.map((box) => (
            <BoxOf
              key={box.key}
              box={box}
              at={placeOf.get(box.key)}
              chosen={box.jobs.length === 1 && box.jobs[0]?.id === chosen}
              onChoose={() => choose(box)}
            />
          ))}
        </svg>
      </div>
    </div>
  );
}

type At = { readonly x: number; readonly y: number } | undefined;

function Edge({ from, to }: { readonly from: At; readonly to: At }): ReactNode {
  if (from === undefined || to === undefined) return null;
  const [x1, y1, x2, y2] = [from.x + SIZE.width, from.y + SIZE.height / 2, to.x, to.y + SIZE.height / 2];
  const bend = Math.max(20, (x2 - x1) / 2);
  return (
    <path
      d={`M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`}
      fill="none"
      className="stroke-edge"
      strokeWidth="1.2"
      opacity="0.6"
    />
  );
}

function BoxOf({ box, at, chosen, onChoose }: { box: Box<Job>; at: At; chosen: boolean; onChoose: () => void }): ReactNode {
  if (at === undefined) return null;
  const state = stateOf(box.jobs);
  const { stroke, text, mark } = lookOf(state);
  const many = box.jobs.length > 1;
  const words = many ? `${box.jobs.length} jobs: ${tally(box.jobs)}` : state.replaceAll('-', ' ') + lastedOf(box.jobs[0]);
  return (
    <g
      transform={`translate(${at.x} ${at.y})`}
      role="button"
      tabIndex={0}
      data-box=""
      aria-label={`${mark} ${shortly(box.label, 22)} ${shortly(words, 30)}${many ? ', open' : ''}`}
      aria-pressed={many ? undefined : chosen}
      onClick={onChoose}
      onKeyDown={(event) => {
        if (event.key === 'Enter' || event.key === ' ') {
          event.preventDefault();
          onChoose();
        } else if (event.key.startsWith('Arrow')) {
          event.preventDefault();
          neighbour(event.currentTarget, event.key)?.focus();
        }
      }}
      className="cursor-pointer outline-none [&:focus-visible>rect:first-of-type]:stroke-accent [&:focus-visible>rect:first-of-type]:[stroke-width:3]"
    >
      <title>{`${box.label}: ${words}`}</title>
      {many ? <rect x="4" y="4" width={SIZE.width} height={SIZE.height} rx="7" className={`fill-surface ${stroke}`} /> : null}
      <rect
        width={SIZE.width}
        height={SIZE.height}
        rx="7"
        className={`${chosen ? 'fill-accent-soft' : 'fill-raised'} ${stroke}`}
        strokeWidth={chosen ? 2.5 : 1.3}
      />
      <text x="12" y="20" className="fill-ink text-[13px] font-medium">
        <tspan className={text}>{mark}</tspan> {`${shortly(box.label, 22)} `}
      </text>
      <text x="12" y="37" className="fill-quiet text-[11px]">
        {shortly(words, 30)}
      </text>
    </g>
  );
}

function lastedOf(job: Job | undefined): string {
  if (job?.startedAt == null || job.finishedAt == null) return '';
  const seconds = (Date.parse(job.finishedAt) - Date.parse(job.startedAt)) / 1000;
  return seconds < 60 ? `, ${seconds.toFixed(1)} s` : `, ${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

/** The box next to one in the direction of an arrow key. */
function neighbour(from: Element, key: string): SVGGElement | null {
  const here = from.getBoundingClientRect();
  const [x, y] = [here.x + here.width / 2, here.y + here.height / 2];
  let best: { readonly far: number; readonly box: SVGGElement } | null = null;
  for (const box of from.parentElement?.querySelectorAll<SVGGElement>('[data-box]') ?? []) {
    if (box === from) continue;
    const there = box.getBoundingClientRect();
    const [dx, dy] = [there.x + there.width / 2 - x, there.y + there.height / 2 - y];
    const [along, across] = key === 'ArrowRight' ? [dx, dy] : key === 'ArrowLeft' ? [-dx, dy] : key === 'ArrowDown' ? [dy, dx] : [-dy, dx];
    if (along <= 2) continue;
    const far = along + Math.abs(across) * 3;
    if (best === null || far < best.far) best = { far, box };
  }
  return best?.box ?? null;
}

/** Drags the graph with the mouse; a finger scrolls it by itself. */
function pan(event: React.PointerEvent, frame: HTMLElement | null): void {
  if (frame === null || event.pointerType !== 'mouse' || event.button !== 0) return;
  if ((event.target as Element).closest('[data-box]') !== null) return;
  const [x, y, left, top] = [event.clientX, event.clientY, frame.scrollLeft, frame.scrollTop];
  const move = (to: PointerEvent): void => frame.scrollTo(left - to.clientX + x, top - to.clientY + y);
  const end = (): void => {
    removeEventListener('pointermove', move);
    removeEventListener('pointerup', end);
  };
  addEventListener('pointermove', move);
  addEventListener('pointerup', end);
}

/** In plain columns at once, and with care once the layouter is loaded. */
function useLayout(boxes: readonly Box<Job>[]): Layout {
  const shape = boxes.map(({ key, needs }) => `${key}<${needs.join()}`).join(';');
  const [careful, setCareful] = useState<{ readonly shape: string; readonly layout: Layout } | null>(null);
  useEffect(() => {
    if (boxes.length > CAREFUL) return;
    let gone = false;
    void import('./layout.ts').then(({ layered }) => {
      if (!gone) setCareful({ shape, layout: layered(boxes) });
    });
    return () => {
      gone = true;
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps -- states change, places don't
  }, [shape]);
  const plain = useMemo(() => columns(boxes), [shape]);
  return careful?.shape === shape ? careful.layout : plain;
}
