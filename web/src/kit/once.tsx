import type { ReactNode } from 'react';
import { Dialog } from './ask.tsx';
import { Button } from './form.tsx';
import { Command, When } from './text.tsx';

/** A secret that is shown this once: what it is for, how long it is good, and the exact text to hand on. */
export function Once({
  title,
  until,
  texts,
  children,
  onClose,
}: {
  readonly title: string;
  /** null: it is good until it is renewed. */
  readonly until: string | null;
  /** Each with what it is. */
  readonly texts: readonly (readonly [label: string, text: string])[];
  readonly children?: ReactNode;
  readonly onClose: () => void;
}): ReactNode {
  return (
    <Dialog title={title} onClose={onClose}>
      <p>It is shown this once, and good until {until === null ? 'it is renewed' : <When at={until} />}.</p>
      {children}
      {texts.map(([label, text]) => (
        <div key={label} className="space-y-1">
          <p className="text-sm font-medium">{label}</p>
          <Command text={text} />
        </div>
      ))}
      <div className="flex justify-end">
        <Button kind="primary" large onClick={onClose}>
          I have it
        </Button>
      </div>
    </Dialog>
  );
}
