import { useEffect, useSyncExternalStore } from 'react';

export type Key = { readonly label: string; readonly run: () => void };
type Keys = Readonly<Record<string, Key>>;

/** All keys of all mounted parts; the latest mounted wins. `g y` is two keys one after the other. */
let mounted: readonly Keys[] = [];
const listeners = new Set<() => void>();
const changed = (): void => {
  for (const listener of listeners) listener();
};

/** Registers keys while a part is on the page; `?` lists them. No key acts while somebody types. */
export function useKeys(keys: Keys): void {
  useEffect(() => {
    mounted = [...mounted, keys];
    changed();
    return () => {
      mounted = mounted.filter((one) => one !== keys);
      changed();
    };
  });
}

/** Everything the keyboard can do here, for the list that `?` shows. */
export function useKeyList(): readonly (readonly [key: string, label: string])[] {
  const all = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => mounted,
  );
  return [...new Map(all.flatMap((keys) => Object.entries(keys).map(([key, { label }]) => [key, label] as const)))];
}

let prefix = '';
let timer: ReturnType<typeof setTimeout> | null = null;

function typing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName));
}

/** Listens once for the whole page. */
export function listenForKeys(): () => void {
  const listen = (event: KeyboardEvent): void => {
    const modified = event.ctrlKey || event.metaKey || event.altKey;
    const palette = modified && event.key.toLowerCase() === 'k';
    if (!palette && (modified || typing(event.target) || document.querySelector('dialog[open]') !== null)) return;
    const pressed = palette ? 'mod+k' : event.key;
    const find = (name: string): Key | undefined => mounted.findLast((keys) => Object.hasOwn(keys, name))?.[name];
    const key = (prefix === '' ? undefined : find(`${prefix} ${pressed}`)) ?? find(pressed);
    if (timer !== null) clearTimeout(timer);
    const waits =
      prefix === '' && key === undefined && mounted.some((keys) => Object.keys(keys).some((name) => name.startsWith(`${pressed} `)));
    prefix = waits ? pressed : '';
    if (waits) timer = setTimeout(() => (prefix = ''), 1200);
    if (key === undefined) return;
    event.preventDefault();
    key.run();
  };
  addEventListener('keydown', listen);
  return () => removeEventListener('keydown', listen);
}
