import { useNavigate } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import type { listServices } from '../../../src/contract/catalog.ts';
import { useAnswer } from '../api/query.ts';
import { Dialog, Icon, type IconName } from '../kit/index.ts';
import { PLACES } from './places.ts';

type Hit = { readonly label: string; readonly kind: string; readonly icon: IconName; readonly to: string };

/** Ids lead straight to what they name. */
const IDS: Readonly<Record<string, (id: string) => string>> = {
  rel: (id) => `/releases/${id}`,
  run: (id) => `/runs/${id}`,
  inc: (id) => `/incidents/${id}`,
  dec: (id) => `/decisions/${id}`,
  dep: (id) => `/evidence?node=${id}`,
  art: (id) => `/evidence?node=${id}`,
};

/** Finds screens, services and anything by its id or digest, from the keyboard. */
export function Palette({ onClose }: { readonly onClose: () => void }): ReactNode {
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const navigate = useNavigate();
  const services = useAnswer<typeof listServices>('/v1/services', {}, { live: ['service'] });
  const hits = find(
    text.trim(),
    (services.data?.items ?? []).map((service) => service.name),
  );
  const go = (hit: Hit | undefined): void => {
    if (hit === undefined) return;
    onClose();
    void navigate({ to: hit.to });
  };
  return (
    <Dialog title="Find" onClose={onClose}>
      <input
        autoFocus
        role="combobox"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={hits[at] === undefined ? undefined : `palette-${at}`}
        aria-label="a screen, a service, an id or a digest"
        placeholder="A screen, a service, an id or a digest"
        value={text}
        maxLength={200}
        onChange={(event) => {
          setText(event.target.value);
          setAt(0);
        }}
        onKeyDown={(event) => {
          if (event.key === 'ArrowDown') setAt(Math.min(at + 1, hits.length - 1));
          else if (event.key === 'ArrowUp') setAt(Math.max(at - 1, 0));
          else if (event.key === 'Enter') go(hits[at]);
          else return;
          event.preventDefault();
        }}
        className="w-full rounded-md border border-edge bg-surface px-3 py-2 text-lg"
      />
      <ul id="palette-list" role="listbox" aria-label="what was found" className="max-h-80 overflow-y-auto">
        {hits.map((hit, index) => (
          <li
            key={`${hit.kind} ${hit.to}`}
            id={`palette-${index}`}
            role="option"
            aria-selected={index === at}
            onMouseMove={() => setAt(index)}
            onClick={() => go(hit)}
            className={`flex min-h-9 cursor-pointer items-center gap-2 rounded-md px-2 ${index === at ? 'bg-accent-soft text-accent' : ''}`}
          >
            <Icon name={hit.icon} /> <bdi className="clip">{hit.label}</bdi> <span className="ml-auto text-sm text-quiet">{hit.kind}</span>
          </li>
        ))}
      </ul>
      {hits.length === 0 ? <p className="text-quiet">Nothing is called that.</p> : null}
    </Dialog>
  );
}

function find(text: string, services: readonly string[]): Hit[] {
  const id = /^([a-z]{3})_[0-9a-f]{32}$/.exec(text);
  const lead = IDS[id?.[1] ?? ''];
  const exact: Hit[] = [
    ...(lead === undefined ? [] : [{ label: text, kind: 'by its id', icon: 'search', to: lead(text) } as const]),
    ...(/^sha256:[0-9a-f]{64}$/.test(text) ? [{ label: text, kind: 'artifact', icon: 'search', to: `/artifacts/${text}` } as const] : []),
    ...(/^[0-9a-f]{40}$/.test(text) ? [{ label: text, kind: 'commit', icon: 'search', to: `/evidence?node=${text}` } as const] : []),
  ];
  const like = (label: string): boolean => label.toLowerCase().includes(text.toLowerCase());
  return [
    ...exact,
    ...PLACES.filter((place) => like(place.label)).map((place) => ({ label: place.label, kind: 'screen', icon: place.icon, to: place.to })),
    ...services.filter(like).map((name) => ({ label: name, kind: 'service', icon: 'service' as const, to: `/services/${name}` })),
  ].slice(0, 30);
}
