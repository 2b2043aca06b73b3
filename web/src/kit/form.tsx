import { useId, type ButtonHTMLAttributes, type InputHTMLAttributes, type ReactNode, type TextareaHTMLAttributes } from 'react';
import { Icon, type IconName } from './icons.tsx';

type Kind = 'primary' | 'plain' | 'danger' | 'quiet';
const KIND: Readonly<Record<Kind, string>> = {
  primary: 'bg-accent-ground text-on-accent hover:brightness-110 border-transparent',
  plain: 'bg-surface border-edge hover:bg-hover',
  danger: 'bg-surface text-deny border-deny hover:bg-deny-soft',
  quiet: 'border-transparent text-quiet hover:bg-hover hover:text-ink',
};

type ButtonProps = Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'className' | 'title'> & {
  readonly kind?: Kind;
  readonly icon?: IconName;
  readonly large?: boolean;
  readonly busy?: boolean;
  /** Why it can't be pressed: shown, and said to screen readers; the button is disabled. */
  readonly because?: string | null;
};

/** A button. One that may not be pressed says why instead of vanishing. */
export function Button({
  kind = 'plain',
  icon,
  large = false,
  busy = false,
  because = null,
  children,
  disabled,
  ...rest
}: ButtonProps): ReactNode {
  const off = disabled === true || busy || because !== null;
  return (
    <button
      type="button"
      {...rest}
      {...(off ? { 'aria-disabled': true, onClick: (event) => event.preventDefault() } : {})}
      title={because ?? undefined}
      className={`inline-flex max-w-full wrap-normal items-center justify-center gap-1.5 rounded-md border font-medium ${large ? 'min-h-11 px-4 text-base' : 'min-h-8 px-2.5 text-sm'} ${KIND[kind]} ${off ? 'cursor-not-allowed opacity-60' : ''}`}
    >
      {busy ? (
        <span className="size-3 animate-spin rounded-full border-2 border-current border-t-transparent" aria-hidden="true" />
      ) : icon === undefined ? null : (
        <Icon name={icon} size={14} />
      )}
      {children}
      {because === null ? null : <span className="sr-only"> (not possible: {because})</span>}
    </button>
  );
}

/** As high as a button, also where the browser draws it (a list of choices): what stands in one row ends on one line. */
const INPUT = 'min-h-8 w-full min-w-0 rounded-md border border-edge bg-surface px-2 py-1 text-base placeholder:text-quiet';

type Label = { readonly label: string; readonly hint?: ReactNode; readonly error?: string | null };

/** One line of text with its label. */
export function Field({ label, hint, error = null, ...rest }: Label & Omit<InputHTMLAttributes<HTMLInputElement>, 'className'>): ReactNode {
  const id = useId();
  return (
    <Labelled id={id} label={label} hint={hint} error={error}>
      <input id={id} {...rest} aria-invalid={error !== null} aria-describedby={`${id}-more`} className={INPUT} />
    </Labelled>
  );
}

/** Several lines of text with their label. */
export function Area({
  label,
  hint,
  error = null,
  rows = 3,
  ...rest
}: Label & Omit<TextareaHTMLAttributes<HTMLTextAreaElement>, 'className'>): ReactNode {
  const id = useId();
  return (
    <Labelled id={id} label={label} hint={hint} error={error}>
      <textarea id={id} rows={rows} {...rest} aria-invalid={error !== null} aria-describedby={`${id}-more`} className={INPUT} />
    </Labelled>
  );
}

type SelectProps = Label & {
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly options: readonly (readonly [value: string, label: string])[];
};

export function Select({ label, hint, error = null, value, onChange, options }: SelectProps): ReactNode {
  const id = useId();
  return (
    <Labelled id={id} label={label} hint={hint} error={error}>
      <select id={id} value={value} onChange={(event) => onChange(event.target.value)} aria-describedby={`${id}-more`} className={INPUT}>
        {options.map(([key, text]) => (
          <option key={key} value={key}>
            {text}
          </option>
        ))}
      </select>
    </Labelled>
  );
}

function Labelled({ id, label, hint, error, children }: Label & { readonly id: string; readonly children: ReactNode }): ReactNode {
  return (
    // A gap and no margins: a hint that isn't there must leave no room below, or buttons beside stand lower than the field.
    <div className="flex min-w-0 flex-col gap-1">
      <label htmlFor={id} className="block text-sm font-medium">
        {label}
      </label>
      {children}
      <div id={`${id}-more`} className="text-sm text-quiet empty:hidden">
        {error === null || error === undefined ? hint : <span className="text-deny">{error}</span>}
      </div>
    </div>
  );
}

export function Check({
  label,
  checked,
  onChange,
}: {
  readonly label: ReactNode;
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
}): ReactNode {
  return (
    <label className="flex min-h-6 items-start gap-2">
      <input
        type="checkbox"
        className="mt-0.5 size-4 shrink-0 accent-accent-ground"
        checked={checked}
        onChange={(event) => onChange(event.target.checked)}
      />
      <span className="min-w-0">{label}</span>
    </label>
  );
}
