import { useEffect, type ReactNode } from 'react';

/** A page before one is signed in: a narrow panel in the middle. */
export function Door({ title, children }: { readonly title: string; readonly children: ReactNode }): ReactNode {
  useEffect(() => {
    document.title = `${title} – Yardmaster`;
  }, [title]);
  return (
    <main className="grid min-h-dvh min-w-0 place-items-center p-3">
      <div className="panel w-full max-w-md min-w-0 space-y-4 p-5">
        <header className="space-y-1">
          <p className="text-sm font-semibold text-quiet">Yardmaster</p>
          <h1 className="text-xl">{title}</h1>
        </header>
        {children}
      </div>
    </main>
  );
}
