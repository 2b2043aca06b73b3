import { useEffect, useId, useRef, useState, type ReactNode } from 'react';
import type { ProblemJson } from '../../../src/kernel/problem.ts';
import { Area, Button } from './form.tsx';
import { Problem } from './page.tsx';

/** A window over the page, closed by Escape, by its button, or by what it asks being done. */
export function Dialog({
  title,
  onClose,
  children,
}: {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
}): ReactNode {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = ref.current;
    if (dialog !== null && !dialog.open) dialog.showModal();
  }, []);
  return (
    <dialog
      ref={ref}
      aria-labelledby={id}
      onClose={onClose}
      onClick={(event) => {
        if (event.target === ref.current) ref.current?.close();
      }}
      className="w-[min(34rem,calc(100vw-1.5rem))] rounded-lg border border-line bg-raised p-0 shadow-xl max-sm:mb-2"
    >
      <div className="space-y-3 p-4">
        <div className="flex items-start justify-between gap-3">
          <h2 id={id} className="min-w-0 text-lg">
            {title}
          </h2>
          <Button kind="quiet" icon="close" aria-label="close" onClick={() => ref.current?.close()} />
        </div>
        {children}
      </div>
    </dialog>
  );
}

/**
 * Asks before something is done that others will feel: says what will happen, asks for a reason where one is owed, and
 * stays open with the server's words where it was refused.
 */
export function Ask({
  title,
  says,
  does,
  danger = false,
  reason = 'required',
  reasonLabel = 'Reason',
  busy,
  problem,
  onDo,
  onClose,
  children,
  ready = true,
}: {
  readonly title: string;
  /** What will happen, in a sentence or two. */
  readonly says: ReactNode;
  /** The word on the button. */
  readonly does: string;
  readonly danger?: boolean;
  readonly reason?: 'required' | 'optional' | 'none';
  readonly reasonLabel?: string;
  readonly busy: boolean;
  readonly problem: ProblemJson | null;
  readonly onDo: (reason: string) => void;
  readonly onClose: () => void;
  /** Further fields. */
  readonly children?: ReactNode;
  /** Whether the further fields are filled. */
  readonly ready?: boolean;
}): ReactNode {
  const [words, setWords] = useState('');
  const missing = reason === 'required' && words.trim() === '' ? 'it needs a reason' : ready ? null : 'something above is not filled in';
  return (
    <Dialog title={title} onClose={onClose}>
      <form
        className="space-y-3"
        onSubmit={(event) => {
          event.preventDefault();
          if (missing === null && !busy) onDo(words.trim());
        }}
      >
        <div>{says}</div>
        {children}
        {reason === 'none' ? null : (
          <Area
            label={reason === 'optional' ? `${reasonLabel} (if you like)` : reasonLabel}
            value={words}
            maxLength={4000}
            onChange={(event) => setWords(event.target.value)}
            autoFocus
          />
        )}
        {problem === null ? null : <Problem of={problem} />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose} large>
            Leave it
          </Button>
          <Button type="submit" kind={danger ? 'danger' : 'primary'} large busy={busy} because={missing}>
            {does}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
