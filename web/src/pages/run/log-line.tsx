import { memo, type ReactNode } from 'react';
import { Icon } from '../../kit/index.ts';
import { stretches } from './ansi.ts';
import type { Fold } from './folds.ts';

type Props = {
  readonly number: number;
  /** Null: not here yet. */
  readonly text: string | null;
  readonly cut: number;
  readonly wrap: boolean;
  readonly chosen: boolean;
  readonly hit: boolean;
  readonly current: boolean;
  /** What is looked for in plain text, to be marked. */
  readonly mark: string;
  readonly capitals: boolean;
  readonly fold: Fold | null;
  readonly closed: boolean;
  readonly onFold: (start: number) => void;
  readonly onChoose: (number: number, range: boolean) => void;
};

/** One line of a log: its number (a link to it), what it says, and where a fold begins the way to close it. */
export const LogLine = memo(function LogLine({ number, text, cut, wrap, chosen, hit, current, fold, closed, ...rest }: Props): ReactNode {
  const ground = current ? 'bg-wait-soft' : chosen ? 'bg-accent-soft' : hit ? 'bg-hover' : 'bg-surface';
  return (
    <div className={`flex min-w-full items-start ${ground} ${wrap ? '' : 'h-5'}`} data-line={number}>
      <a
        href={`#L${number}`}
        aria-label={`line ${number}`}
        tabIndex={-1}
        onClick={(event) => {
          event.preventDefault();
          rest.onChoose(number, event.shiftKey);
        }}
        className="sticky left-0 z-1 min-w-16 shrink-0 bg-inherit pr-2 text-right text-quiet select-none hover:text-ink"
      >
        {number}
      </a>
      {fold === null ? (
        <span className="w-5 shrink-0" />
      ) : (
        <button
          type="button"
          aria-expanded={!closed}
          aria-label={`${closed ? 'open' : 'close'} ${fold.step ? 'step' : 'group'} ${fold.title}, ${fold.end - fold.start} lines`}
          onClick={() => rest.onFold(fold.start)}
          className="inline-flex h-5 w-5 shrink-0 items-center justify-center text-quiet hover:text-ink"
        >
          <Icon name={closed ? 'right' : 'down'} size={10} />
        </button>
      )}
      <span className={wrap ? 'max-h-[60vh] min-w-0 flex-1 overflow-y-auto break-words whitespace-pre-wrap' : 'pr-4 whitespace-pre'}>
        {text === null ? (
          <span className="text-quiet">…</span>
        ) : (
          <Words text={shownText(text, fold)} strong={fold?.step === true} {...rest} />
        )}
        {closed && fold !== null ? (
          <span className="ml-2 rounded bg-sunk px-1.5 text-quiet">
            {fold.end - fold.start} lines{fold.failed ? ', failed' : ''}
          </span>
        ) : null}
        {cut > 0 ? (
          <span className="ml-2 rounded bg-wait-soft px-1.5 text-wait">{cut.toLocaleString()} more bytes: see the download</span>
        ) : null}
      </span>
    </div>
  );
});

function shownText(text: string, fold: Fold | null): string {
  return fold !== null && !fold.step ? fold.title : text;
}

function Words({ text, mark, capitals, strong }: { text: string; mark: string; capitals: boolean; strong: boolean }): ReactNode {
  return (
    <bdi className={strong ? 'font-semibold' : ''}>
      {stretches(text).map(({ text: words, classes }, index) => (
        <span key={index} className={classes}>
          {mark === '' ? words : <Marked text={words} mark={mark} capitals={capitals} />}
        </span>
      ))}
    </bdi>
  );
}

function Marked({ text, mark, capitals }: { text: string; mark: string; capitals: boolean }): ReactNode {
  const parts: ReactNode[] = [];
  const [where, what] = capitals ? [text, mark] : [text.toLowerCase(), mark.toLowerCase()];
  // Where small letters are longer than capital ones, places would not fit.
  if (where.length !== text.length) return text;
  let from = 0;
  for (let at = where.indexOf(what); at !== -1 && parts.length < 200; at = where.indexOf(what, from)) {
    parts.push(
      text.slice(from, at),
      <mark key={at} className="rounded-sm bg-wait text-surface">
        {text.slice(at, at + what.length)}
      </mark>,
    );
    from = at + what.length;
  }
  return [...parts, text.slice(from)];
}
