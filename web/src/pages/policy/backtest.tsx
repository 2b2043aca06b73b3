import { Link } from '@tanstack/react-router';
import { useEffect, useRef, useState, type ReactNode } from 'react';
import type { BacktestItem, BacktestOutcome, backtestPolicy } from '../../../../src/contract/backtest.ts';
import type { CallOf } from '../../../../src/contract/route.ts';
import { call, Refusal } from '../../api/client.ts';
import { Button, Panel, Problem, Progress, Select, Tag, Verdict, When, type Tone } from '../../kit/index.ts';

type Asked = Pick<NonNullable<CallOf<typeof backtestPolicy>['body']>, 'change' | 'source'>;

const DAYS = [
  ['30', '30 days'],
  ['90', '90 days'],
  ['365', 'a year'],
] as const;
/** So many decisions are shown; the counts are of all. */
const MOST_SHOWN = 100;

const WORDS: Record<BacktestOutcome, { readonly words: string; readonly tone: Tone }> = {
  stopped: { words: 'would have been stopped', tone: 'deny' },
  delayed: { words: 'would have had to wait', tone: 'wait' },
  'not-known': { words: 'can’t be known', tone: 'unknown' },
  'let-through': { words: 'would have been let through', tone: 'allow' },
  other: { words: 'another no than now', tone: 'plain' },
  same: { words: 'as with the rules of today', tone: 'plain' },
};

const OUTCOMES = Object.keys(WORDS) as BacktestOutcome[];

type Found = {
  readonly total: number;
  readonly done: number;
  readonly gone: number;
  readonly counts: Record<BacktestOutcome, number>;
  readonly items: readonly BacktestItem[];
  readonly ended: boolean;
};
const NOTHING: Found = {
  total: 0,
  done: 0,
  gone: 0,
  counts: { same: 0, stopped: 0, delayed: 0, 'not-known': 0, 'let-through': 0, other: 0 },
  items: [],
  ended: false,
};

/**
 * Holds a change of rules against what was decided in the last months: what it would have stopped, delayed or let through.
 * `because`: why there is nothing to ask about now; null: there is.
 */
export function Backtest({ of, because }: { readonly of: Asked; readonly because: string | null }): ReactNode {
  const [days, setDays] = useState('90');
  const [found, setFound] = useState<Found | null>(null);
  const [problem, setProblem] = useState<Refusal | null>(null);
  const running = useRef<AbortController | null>(null);
  const asked = JSON.stringify([of, days]);
  // An answer about another text would be a wrong answer.
  useEffect(() => {
    setFound(null);
    setProblem(null);
    return () => running.current?.abort();
  }, [asked]);
  const busy = found !== null && !found.ended;
  const run = async (): Promise<void> => {
    const abort = new AbortController();
    running.current = abort;
    setProblem(null);
    try {
      await everyPage(of, Number(days), abort.signal, setFound);
    } catch (error) {
      if (abort.signal.aborted) return;
      setFound(null);
      if (!(error instanceof Refusal)) throw error;
      setProblem(error);
    }
  };
  return (
    <Panel title="What it would have done">
      <div className="flex flex-wrap items-end gap-3">
        <Select label="Of the last" value={days} onChange={setDays} options={DAYS} />
        <Button because={because ?? (busy ? 'it is being asked' : null)} onClick={() => void run()}>
          Hold it against what was decided
        </Button>
      </div>
      <p className="mt-2 text-sm text-quiet">
        Every deployment that was decided on is decided again with what was known then: by the rules of today, and by these. Nothing is
        changed.
      </p>
      {problem === null ? null : <Problem of={problem.problem} />}
      {found === null ? null : <Answer of={found} />}
    </Panel>
  );
}

async function everyPage(of: Asked, days: number, signal: AbortSignal, tell: (found: Found) => void): Promise<void> {
  let found = NOTHING;
  tell(found);
  for (let cursor: string | undefined; ;) {
    const body = { ...of, days, ...(cursor === undefined ? {} : { cursor }) };
    const page = await call<typeof backtestPolicy>('POST', '/v1/policies/backtest', { body }, { signal });
    const counts = { ...found.counts };
    for (const outcome of OUTCOMES) counts[outcome] += page.counts[outcome];
    found = {
      total: page.total ?? found.total,
      done: found.done + page.judged + page.gone,
      gone: found.gone + page.gone,
      counts,
      items: [...found.items, ...page.items].slice(0, MOST_SHOWN),
      ended: page.next === null,
    };
    if (signal.aborted) return;
    tell(found);
    if (page.next === null) return;
    cursor = page.next;
  }
}

function Answer({ of }: { readonly of: Found }): ReactNode {
  if (!of.ended)
    return (
      <div className="mt-3">
        <Progress part={of.total === 0 ? null : of.done / of.total} label={`${of.done} of ${of.total} decisions`} />
      </div>
    );
  const judged = of.done - of.gone;
  if (of.total === 0) return <p className="mt-3">Nothing that this concerns was decided in that time.</p>;
  const changed = judged - of.counts.same;
  const unknown = [...new Set(of.items.flatMap(({ notRecorded }) => notRecorded))];
  return (
    <div className="mt-3 space-y-3" role="status">
      <p>
        {changed === 0
          ? `All ${judged} decisions would have been the same.`
          : `Of ${judged} ${judged === 1 ? 'decision' : 'decisions'}, ${changed} would have been another.`}
      </p>
      <ul className="flex flex-wrap gap-2">
        {OUTCOMES.filter((outcome) => outcome !== 'same' && of.counts[outcome] > 0).map((outcome) => (
          <li key={outcome}>
            <Tag tone={WORDS[outcome].tone}>
              {of.counts[outcome]} {WORDS[outcome].words}
            </Tag>
          </li>
        ))}
      </ul>
      {of.gone === 0 ? null : <p className="text-sm text-quiet">Of {of.gone} more it is no longer kept what they read.</p>}
      {unknown.length === 0 ? null : (
        <p className="text-sm text-quiet">Not recorded then, because nobody asked for it, and so not known: {unknown.join(', ')}.</p>
      )}
      <ul className="divide-y divide-line">
        {of.items.map((one) => (
          <Item key={one.decision} of={one} />
        ))}
      </ul>
      {changed > of.items.length ? (
        <p className="text-sm text-quiet">
          The newest {of.items.length} are shown; <code>ym policy backtest --json</code> tells all.
        </p>
      ) : null}
    </div>
  );
}

function Item({ of }: { readonly of: BacktestItem }): ReactNode {
  return (
    <li className="space-y-1 py-2">
      <p className="flex flex-wrap items-center gap-2">
        <Tag tone={WORDS[of.outcome].tone}>{WORDS[of.outcome].words}</Tag>
        <Link to={`/releases/${of.release}`} className="break-words">
          <bdi>{of.service}</bdi> <bdi>{of.version}</bdi>
        </Link>
        <span>
          to <bdi>{of.environment}</bdi>, <When at={of.at} />
        </span>
        <span className="flex items-center gap-1">
          <Verdict of={of.now} /> <span aria-label="would be">→</span> <Verdict of={of.proposed} />
        </span>
      </p>
      {of.earliest === null ? null : (
        <p className="text-sm">
          By the clock alone it would have gone <When at={of.earliest} />.
        </p>
      )}
      <ul className="list-disc pl-5 text-sm">
        {of.because.map(({ rule, code, text }) => (
          <li key={`${rule} ${code} ${text}`} className="break-words">
            {of.outcome === 'let-through' ? <span className="text-quiet">no longer asked: </span> : null}
            <bdi>{text}</bdi>
          </li>
        ))}
      </ul>
    </li>
  );
}
