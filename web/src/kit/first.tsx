import { useState, type ReactNode } from 'react';
import { Button } from './form.tsx';

/** How many rows of a long list are shown before somebody asks for the rest. */
const FIRST = 50;

/**
 * The first rows of a list and, where there are more, a button for the rest: a page stays readable below a list of
 * hundreds. Filters look through all of them.
 */
export function useFirst<Row>(rows: readonly Row[], what: string): readonly [shown: readonly Row[], more: ReactNode] {
  const [whole, setWhole] = useState(false);
  if (whole || rows.length <= FIRST) return [rows, null];
  return [
    rows.slice(0, FIRST),
    <p key="more" className="p-3">
      <Button onClick={() => setWhole(true)}>
        Show all {rows.length.toLocaleString()} {what}
      </Button>
    </p>,
  ];
}
