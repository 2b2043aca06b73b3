import { useState, type ReactNode } from 'react';
import type { CalendarItem, CalendarKind, getCalendar } from '../../../../src/contract/calendar.ts';
import type { listEnvironments, listServices } from '../../../../src/contract/catalog.ts';
import type { getFreeze } from '../../../../src/contract/freezes.ts';
import { call } from '../../api/client.ts';
import { useAnswer } from '../../api/query.ts';
import { useMay } from '../../app/session.tsx';
import { Button, Export, Filters, Loaded, Page, Panel, UrlSelect, useKeys, useUrl } from '../../kit/index.ts';
import { Agenda } from './agenda.tsx';
import { addDays, addMonths, dayOf, isDay, movedBy, shownDays, startOf, type Day } from './days.ts';
import { FreezeDetails } from './details.tsx';
import { FreezeForm } from './freeze-form.tsx';
import { draftOf, emptyDraft, type Draft, type Freeze } from './freeze-state.ts';
import { Grid } from './grid.tsx';
import { addressOf, KINDS } from './kinds.tsx';
import { Subscribe } from './subscribe.tsx';
import { useNavigate } from '@tanstack/react-router';

const month = new Intl.DateTimeFormat(undefined, { month: 'long', year: 'numeric' });
const short = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: 'numeric' });
const VIEWS = ['month', 'week', 'agenda'] as const;

/** What stands, what is planned, what ends: by month, week, or one after the other. */
export default function Screen(): ReactNode {
  const narrow = matchMedia('(max-width: 700px)').matches;
  const [asked, setView] = useUrl('view', narrow ? 'agenda' : 'month');
  const view = VIEWS.find((one) => one === asked) ?? 'month';
  const [given, setDay] = useUrl('day');
  const day = isDay(given) ? given : dayOf(new Date());
  const [service] = useUrl('service');
  const [environment] = useUrl('environment');
  const [kind] = useUrl('kind');
  const [open, setOpen] = useUrl('freeze');
  const [form, setForm] = useState<{ readonly draft: Draft; readonly freeze: Freeze | null } | null>(null);
  const [feed, setFeed] = useState(false);
  const navigate = useNavigate();
  const may = useMay()('freeze.write');
  const days = shownDays(view, day);
  const range = { from: startOf(days[0] ?? day).toISOString(), to: startOf(addDays(days.at(-1) ?? day, 1)).toISOString() };
  const query = { ...range, ...filled({ service, environment, kind }) };
  const calendar = useAnswer<typeof getCalendar>(
    '/v1/calendar',
    { query },
    { live: ['freeze', 'release', 'deployment', 'waiver', 'service'], keep: true },
  );
  const move = (step: -1 | 1): void => setDay(view === 'month' ? addMonths(day, step) : addDays(day, step * (view === 'week' ? 7 : 31)));
  const fresh = (on: Day): void => {
    const from = startOf(on).getTime() < Date.now() ? new Date() : new Date(startOf(on).getTime() + 9 * 3_600_000);
    setForm({ freeze: null, draft: emptyDraft(from.toISOString(), new Date(from.getTime() + 86_400_000).toISOString()) });
  };
  const show = (item: CalendarItem): void => {
    const address = addressOf(item);
    if (address === null) setOpen(item.object);
    else void navigate({ to: address });
  };
  const moved = async (item: CalendarItem, by: number): Promise<void> => {
    const freeze = await call<typeof getFreeze>('GET', '/v1/freezes/{freeze}', { params: { freeze: item.object as never } });
    if (freeze.when.kind !== 'once') return;
    const { from, until } = freeze.when;
    setForm({ freeze, draft: draftOf(freeze, { from: movedBy(from, by), until: until === null ? null : movedBy(until, by) }) });
  };
  useKeys({
    t: { label: 'today', run: () => setDay('') },
    '[': { label: 'earlier', run: () => move(-1) },
    ']': { label: 'later', run: () => move(1) },
    m: { label: 'month', run: () => setView('month') },
    w: { label: 'week', run: () => setView('week') },
    l: { label: 'agenda', run: () => setView('agenda') },
    n: { label: 'new freeze', run: () => (may ? fresh(day) : undefined) },
  });
  const search = new URLSearchParams(filled({ service, environment, kind })).toString();
  return (
    <Page
      title="Calendar"
      actions={
        <>
          <Button onClick={() => setFeed(true)}>Subscribe</Button>
          <Export href={`/v1/calendar.ics${search === '' ? '' : `?${search}`}`}>iCalendar</Export>
          <Export href={`/v1/calendar.csv?${new URLSearchParams({ ...range, ...filled({ service, environment, kind }) }).toString()}`}>
            CSV
          </Export>
          <Button kind="primary" because={may ? null : 'you hold no role that may freeze'} onClick={() => fresh(dayOf(new Date()))}>
            New freeze
          </Button>
        </>
      }
    >
      <FilterRow />
      <Panel
        flush
        title={
          view === 'month'
            ? month.format(startOf(day))
            : `${short.format(startOf(days[0] ?? day))} to ${short.format(startOf(days.at(-1) ?? day))}`
        }
        actions={
          <>
            <span role="group" aria-label="how it is shown" className="flex">
              {VIEWS.map((one) => (
                <Button key={one} kind={one === view ? 'plain' : 'quiet'} aria-pressed={one === view} onClick={() => setView(one)}>
                  {one}
                </Button>
              ))}
            </span>
            <Button aria-label="earlier" onClick={() => move(-1)}>
              ‹
            </Button>
            <Button onClick={() => setDay('')}>Today</Button>
            <Button aria-label="later" onClick={() => move(1)}>
              ›
            </Button>
          </>
        }
      >
        <Loaded of={calendar} lines={12}>
          {({ items, note }) => (
            <>
              {note === null ? null : <p className="border-b border-line bg-wait-soft px-3 py-2 text-sm text-wait">{note}</p>}
              {view === 'agenda' ? (
                <Agenda days={days} items={items} onOpen={show} />
              ) : (
                <Grid
                  view={view}
                  days={days}
                  day={day}
                  items={items}
                  canMove={may}
                  onOpen={show}
                  onDay={setDay}
                  onMove={(item, by) => void moved(item, by)}
                  onNew={fresh}
                />
              )}
            </>
          )}
        </Loaded>
      </Panel>
      {view === 'agenda' || !may ? null : (
        <p className="text-sm text-quiet">
          Arrows go from day to day, <kbd>n</kbd> freezes from there. A freeze is moved by dragging it, or by its form; what it would hold
          is shown before it is saved.
        </p>
      )}
      {open === '' || form !== null ? null : (
        <FreezeDetails
          key={open}
          id={open}
          items={calendar.data?.items ?? []}
          onClose={() => setOpen('')}
          onChange={(freeze) => setForm({ freeze, draft: draftOf(freeze) })}
        />
      )}
      {form === null ? null : (
        <FreezeForm
          key={form.freeze?.id ?? 'new'}
          first={form.draft}
          freeze={form.freeze}
          onClose={() => {
            setForm(null);
            setOpen('');
          }}
        />
      )}
      {feed ? <Subscribe onClose={() => setFeed(false)} /> : null}
    </Page>
  );
}

function FilterRow(): ReactNode {
  const services = useAnswer<typeof listServices>('/v1/services', {}, { live: ['service'] });
  const environments = useAnswer<typeof listEnvironments>('/v1/environments', {}, { live: ['environment'] });
  const all = (items: readonly { readonly name: string }[] | undefined): [string, string][] => [
    ['', 'all'],
    ...(items ?? []).map((one): [string, string] => [one.name, one.name]),
  ];
  return (
    <Filters>
      <UrlSelect name="service" label="Service" options={all(services.data?.items)} />
      <UrlSelect name="environment" label="Environment" options={all(environments.data?.items)} />
      <UrlSelect
        name="kind"
        label="What"
        options={[
          ['', 'everything'],
          ['freeze,window', 'Freezes and windows'],
          ['release,deployment,rollback', 'Releases and deployments'],
          ['waiver,debt', 'Ends of waivers, debts'],
          ...(Object.keys(KINDS) as CalendarKind[]).map((one): [string, string] => [one, KINDS[one].word]),
        ]}
      />
    </Filters>
  );
}

function filled(given: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ''));
}
