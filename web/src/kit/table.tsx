import { useMemo, useState, type ReactNode } from 'react';
import { Icon } from './icons.tsx';

export type Column<Row> = {
  readonly key: string;
  readonly label: string;
  readonly cell: (row: Row) => ReactNode;
  /** What it is sorted by, where it can be. */
  readonly sort?: (row: Row) => string | number;
  readonly right?: boolean;
  /** Left out where there is no room: below 640 px it stands in the card, between 640 and 1024 px nowhere. */
  readonly wide?: boolean;
  /** Holds words without end (paths, names of packages): they are broken anywhere, so that no other column is pushed out of sight. */
  readonly breaks?: boolean;
};

/**
 * A table that can be scanned; at a phone's width every row becomes a card: what is short stands beside its label, what is
 * long below it, what is empty nowhere. Sorted where a column can be; not windowed, so give it pages of some hundred rows.
 */
export function Table<Row>({
  caption,
  columns,
  rows,
  rowKey,
  empty,
  marked,
}: {
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string;
  readonly empty?: ReactNode;
  /** The key of the row that the keyboard stands on. */
  readonly marked?: string | null;
}): ReactNode {
  const [order, setOrder] = useState<{ readonly key: string; readonly down: boolean } | null>(null);
  const sorted = useMemo(() => sort(rows, columns, order), [rows, columns, order]);
  if (rows.length === 0) return empty ?? <p className="p-3 text-quiet">Nothing here.</p>;
  const turn = (key: string): void => setOrder((now) => (now?.key !== key ? { key, down: false } : now.down ? null : { key, down: true }));
  return (
    <div className="min-w-0 overflow-x-auto">
      <table className="w-full border-collapse text-left max-sm:block">
        <caption className="sr-only">{caption}</caption>
        <thead className="max-sm:sr-only">
          <tr className="border-b border-line text-sm text-quiet">
            {columns.map((column) => (
              <th
                key={column.key}
                scope="col"
                aria-sort={order?.key === column.key ? (order.down ? 'descending' : 'ascending') : undefined}
                className={`px-3 py-1.5 font-medium whitespace-nowrap ${column.right === true ? 'text-right' : ''} ${column.wide === true ? 'sm:max-lg:hidden' : ''}`}
              >
                {column.sort === undefined ? (
                  column.label
                ) : (
                  <button type="button" className="inline-flex min-h-6 items-center gap-1 hover:text-ink" onClick={() => turn(column.key)}>
                    {column.label}
                    {order?.key === column.key ? <Icon name="down" size={10} className={order.down ? '' : 'rotate-180'} /> : null}
                  </button>
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="max-sm:block">
          {sorted.map((row) => {
            const key = rowKey(row);
            return (
              <tr
                key={key}
                data-marked={marked === key ? '' : undefined}
                className="border-b border-line last:border-b-0 hover:bg-hover data-marked:bg-accent-soft max-sm:block max-sm:px-3 max-sm:py-2"
              >
                {columns.map((column, index) => (
                  <Cell key={column.key} of={column} row={row} first={index === 0} />
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function Cell<Row>({ of, row, first }: { readonly of: Column<Row>; readonly row: Row; readonly first: boolean }): ReactNode {
  // Cells are aligned by their first line of text, so that a button stands level with the words beside it; one that is
  // itself a text of several lines would be aligned by its last.
  return (
    <td
      className={`px-3 py-1.5 align-baseline max-sm:flex max-sm:has-[>div:empty]:hidden max-sm:has-[>div>span:only-child:empty]:hidden max-sm:flex-wrap max-sm:items-baseline max-sm:justify-between max-sm:gap-x-3 max-sm:px-0 max-sm:py-0.5 ${first ? 'max-sm:font-medium' : ''} ${of.right === true ? 'sm:text-right' : ''} ${of.wide === true ? 'sm:max-lg:hidden' : ''}`}
    >
      {first ? null : (
        <span className="shrink-0 text-quiet sm:hidden" aria-hidden="true">
          {of.label}
        </span>
      )}
      <div
        className={`min-w-0 sm:max-w-[40rem] [&_button.text-left]:align-top ${of.breaks === true ? 'wrap-anywhere sm:min-w-40' : 'sm:wrap-break-word'} ${of.right === true ? 'sm:ml-auto' : ''} ${first ? 'max-sm:flex-1' : ''}`}
      >
        {of.cell(row)}
      </div>
    </td>
  );
}

function sort<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  order: { readonly key: string; readonly down: boolean } | null,
): readonly Row[] {
  const by = columns.find((column) => column.key === order?.key)?.sort;
  if (order === null || by === undefined) return rows;
  const sign = order.down ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [left, right] = [by(a), by(b)];
    return (
      sign *
      (typeof left === 'number' && typeof right === 'number'
        ? left - right
        : String(left).localeCompare(String(right), undefined, { numeric: true }))
    );
  });
}
