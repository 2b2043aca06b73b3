import type { ReactNode } from 'react';
import { Ago, Icon, type IconName } from '../../kit/index.ts';
import type { Cell, Row } from './types.ts';

type Mark = { readonly icon: IconName; readonly tone: string; readonly says: string };

/** What is odd in a place, the worst first, each with a mark and words. */
export function marksOf(cell: Cell): readonly Mark[] {
  const marks: Mark[] = [];
  if (cell.health !== undefined)
    marks.push({
      icon: 'incident',
      tone: 'text-deny',
      says: cell.health === 'down' ? 'down: a critical incident is open' : 'an incident is open',
    });
  if (cell.verified === 'failed') marks.push({ icon: 'deny', tone: 'text-deny', says: 'verification failed' });
  if (cell.verified === 'revoked') marks.push({ icon: 'deny', tone: 'text-deny', says: 'verification taken back' });
  if (cell.verified === 'unverified') marks.push({ icon: 'unknown', tone: 'text-unknown', says: 'not verified' });
  if (cell.drift !== undefined) marks.push({ icon: 'unknown', tone: 'text-unknown', says: `drift: ${cell.drift}` });
  if (cell.verified === 'verified' && marks.length === 0) marks.push({ icon: 'done', tone: 'text-allow', says: 'verified' });
  return marks;
}

/** The second line of a place: what moves or went wrong, else how long it has run. */
function Second({ row, cell }: { readonly row: Row; readonly cell: Cell }): ReactNode {
  const version = (at: number): string => row.versions[at]?.version ?? '';
  const { moving, failed, pending } = cell;
  if (moving !== undefined) {
    const waits = moving.state === 'waiting' || moving.state === 'requested';
    const back = moving.kind === 'rollback' || moving.state === 'rolling-back';
    const tone = moving.state === 'unknown' ? 'text-unknown' : waits || back ? 'text-wait' : 'text-accent';
    const word = back
      ? 'going back'
      : waits
        ? 'waits'
        : moving.state === 'unknown'
          ? 'unknown'
          : moving.weight === null
            ? 'deploying'
            : `${moving.weight} %`;
    return (
      <span className={`clip flex items-center gap-1 ${tone}`}>
        <Icon name={moving.state === 'unknown' ? 'unknown' : waits ? 'wait' : 'run'} size={11} />
        <span className="clip">
          {word} <bdi>{version(moving.is)}</bdi>
        </span>
      </span>
    );
  }
  if (failed !== undefined)
    return (
      <span className="clip flex items-center gap-1 text-deny">
        <Icon name="deny" size={11} />
        <span className="clip">
          {failed.state === 'failed' ? 'failed' : 'taken back'} <bdi>{version(failed.is)}</bdi>
        </span>
      </span>
    );
  return (
    <span className="clip text-quiet">
      {cell.since === undefined ? null : <Ago at={cell.since} />}
      {pending === undefined ? null : (
        <span title={`${version(pending)} is meant for here and not here yet`}>
          {cell.since === undefined ? '' : ', '}
          <bdi>{version(pending)}</bdi> pending
        </span>
      )}
    </span>
  );
}

/** One service in one environment: the version with its marks, and below what is on its way or how long it has run. */
export function CellButton({
  row,
  cell,
  environment,
  onOpen,
}: {
  readonly row: Row;
  readonly cell: Cell | null;
  readonly environment: string;
  readonly onOpen: () => void;
}): ReactNode {
  if (cell === null)
    return (
      <span className="px-2 text-quiet" title={`nothing of ${row.service} runs in ${environment}`}>
        <span aria-hidden="true">–</span>
        <span className="sr-only">nothing</span>
      </span>
    );
  const running = cell.is === undefined ? null : (row.versions[cell.is]?.version ?? '');
  const marks = marksOf(cell);
  return (
    <button
      type="button"
      onClick={onOpen}
      className="block h-11 w-full min-w-0 rounded px-2 text-left hover:bg-hover"
      title={[running ?? 'nothing runs', ...marks.map((mark) => mark.says)].join('; ')}
    >
      <span className="flex min-w-0 items-center gap-1">
        <span className={`clip ${running === null ? 'text-quiet' : 'font-medium'}`}>
          <bdi>{running ?? '–'}</bdi>
        </span>
        {marks.map((mark) => (
          <span key={mark.says} className={`flex ${mark.tone}`}>
            <Icon name={mark.icon} size={12} />
            <span className="sr-only">, {mark.says}</span>
          </span>
        ))}
      </span>
      <span className="block min-w-0 text-xs">
        <Second row={row} cell={cell} />
      </span>
    </button>
  );
}
