import { useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { Field, Select } from './form.tsx';

/** A value that lives in the address, so that a link to this page shows the same. Empty is absent. */
export function useUrl(name: string, standard = ''): readonly [string, (value: string) => void] {
  const search = useSearch({ strict: false }) as Readonly<Record<string, unknown>>;
  const navigate = useNavigate();
  const now = search[name];
  const set = (value: string): void => {
    void navigate({
      to: '.',
      search: ((before: Record<string, unknown>) => {
        const { [name]: _dropped, ...rest } = before;
        return value === standard ? rest : { ...rest, [name]: value };
      }) as never,
      replace: true,
    });
  };
  return [typeof now === 'string' ? now : typeof now === 'number' || typeof now === 'boolean' ? String(now) : standard, set];
}

/** A filter as a list of choices, in the address. */
export function UrlSelect({
  name,
  label,
  options,
}: {
  readonly name: string;
  readonly label: string;
  readonly options: readonly (readonly [string, string])[];
}): ReactNode {
  const [value, set] = useUrl(name);
  return <Select label={label} value={value} onChange={set} options={options} />;
}

/** A filter as text, in the address once the typing rests. */
export function UrlFilter({
  name,
  label,
  placeholder,
}: {
  readonly name: string;
  readonly label: string;
  readonly placeholder?: string;
}): ReactNode {
  const [value, set] = useUrl(name);
  const [text, setText] = useState(value);
  const typed = useRef(value);
  useEffect(() => {
    if (value !== typed.current) setText(value);
  }, [value]);
  useEffect(() => {
    if (text === value) return;
    const timer = setTimeout(() => {
      typed.current = text;
      set(text);
    }, 200);
    return () => clearTimeout(timer);
    // eslint-disable-next-line react-hooks/exhaustive-deps -- only typing starts the wait
  }, [text]);
  return (
    <Field
      label={label}
      type="search"
      value={text}
      placeholder={placeholder}
      maxLength={200}
      onChange={(event) => setText(event.target.value)}
    />
  );
}

/** Filters in a row that wraps. */
export function Filters({ children }: { readonly children: ReactNode }): ReactNode {
  return <div className="grid grid-cols-[repeat(auto-fill,minmax(9rem,1fr))] gap-2">{children}</div>;
}

/** A link that downloads what the server writes: CSV, iCalendar, a bundle. */
export function Export({ href, children }: { readonly href: string; readonly children: ReactNode }): ReactNode {
  return (
    <a
      href={href}
      download
      className="inline-flex min-h-8 items-center rounded-md border border-edge bg-surface px-2.5 text-sm font-medium text-ink hover:bg-hover hover:no-underline"
    >
      {children}
    </a>
  );
}

/** Parts of one screen, one shown at a time; which one is in the address. */
export function Tabs({
  name = 'part',
  tabs,
}: {
  readonly name?: string;
  readonly tabs: readonly { readonly key: string; readonly label: ReactNode; readonly body: () => ReactNode }[];
}): ReactNode {
  const first = tabs[0]?.key ?? '';
  const [key, set] = useUrl(name, first);
  const open = tabs.find((tab) => tab.key === key) ?? tabs[0];
  const move = (step: number): void => {
    const at = tabs.findIndex((tab) => tab.key === open?.key);
    const next = tabs[(at + step + tabs.length) % tabs.length];
    if (next === undefined) return;
    set(next.key);
    document.getElementById(`tab-${name}-${next.key}`)?.focus();
  };
  return (
    <div className="min-w-0 space-y-3">
      <div role="tablist" className="flex gap-1 overflow-x-auto border-b border-line">
        {tabs.map((tab) => (
          <button
            key={tab.key}
            id={`tab-${name}-${tab.key}`}
            role="tab"
            type="button"
            aria-selected={tab.key === open?.key}
            aria-controls={`panel-${name}`}
            tabIndex={tab.key === open?.key ? 0 : -1}
            onClick={() => set(tab.key)}
            onKeyDown={(event) => {
              if (event.key === 'ArrowRight') move(1);
              else if (event.key === 'ArrowLeft') move(-1);
            }}
            className={`min-h-9 border-b-2 px-3 whitespace-nowrap ${tab.key === open?.key ? 'border-accent font-medium text-ink' : 'border-transparent text-quiet hover:text-ink'}`}
          >
            {tab.label}
          </button>
        ))}
      </div>
      <div role="tabpanel" id={`panel-${name}`} aria-labelledby={`tab-${name}-${open?.key ?? ''}`} className="min-w-0">
        {open?.body()}
      </div>
    </div>
  );
}
