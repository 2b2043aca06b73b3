import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { AuditKind, listAudit } from '../../../../src/contract/admin.ts';
import type { AnswerOf } from '../../../../src/contract/route.ts';
import { addressOf } from '../../api/client.ts';
import { useAnswer } from '../../api/query.ts';
import { Button, Empty, Export, Filters, Loaded, Panel, Person, Table, Tag, UrlFilter, UrlSelect, useUrl, When } from '../../kit/index.ts';

type Entry = AnswerOf<typeof listAudit>['items'][number];
const KINDS: readonly AuditKind[] = ['people', 'sign-in', 'machines', 'keys', 'policies', 'catalog', 'hooks', 'work'];
const ID = /^[a-z]{2,5}_[0-9a-f]{32}$/;

/** Who changed what about the instance itself, newest first. */
export function Audit(): ReactNode {
  const [kind] = useUrl('kind');
  const [by] = useUrl('by');
  const [about] = useUrl('about');
  const [since] = useUrl('since');
  const [until] = useUrl('until');
  const [cursor, setCursor] = useUrl('cursor');
  const filter = {
    ...(KINDS.includes(kind as AuditKind) ? { kind: kind as AuditKind } : {}),
    ...(by === '' ? {} : { by }),
    ...(ID.test(about) ? { about } : {}),
    ...(day(since) === null ? {} : { since: day(since) ?? '' }),
    ...(day(until) === null ? {} : { until: day(until) ?? '' }),
  };
  const query = { ...filter, ...(cursor === '' ? {} : { cursor }), limit: 100 };
  const page = useAnswer<typeof listAudit>(
    '/v1/admin/audit',
    { query },
    {
      live: cursor === '' ? ['person', 'role', 'bot', 'token', 'session', 'runner', 'agent', 'policy', 'secret', 'hook', 'work'] : [],
      keep: true,
    },
  );
  return (
    <Panel title="Audit" flush actions={<Export href={addressOf('/v1/admin/audit.csv', {}, filter)}>CSV</Export>}>
      <div className="p-3">
        <Filters>
          <UrlSelect name="kind" label="About what" options={[['', 'everything'], ...KINDS.map((one) => [one, one] as const)]} />
          <UrlFilter name="by" label="Done by (id)" placeholder="per_…" />
          <UrlFilter name="about" label="Naming (id)" placeholder="per_…" />
          <UrlFilter name="since" label="From day" placeholder="2026-03-01" />
          <UrlFilter name="until" label="Before day" placeholder="2026-04-01" />
        </Filters>
      </div>
      <Loaded of={page}>
        {({ items, next }) => (
          <>
            <Rows items={items} />
            <div className="flex gap-2 p-3">
              {cursor === '' ? null : <Button onClick={() => setCursor('')}>Newest</Button>}
              {next === null ? null : <Button onClick={() => setCursor(next)}>Older</Button>}
            </div>
          </>
        )}
      </Loaded>
    </Panel>
  );
}

/** A day, or a whole instant, as the server takes it; null for what is neither (yet). */
function day(text: string): string | null {
  const whole = /^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text;
  return /^\d{4}-\d\d-\d\dT/.test(whole) && !Number.isNaN(Date.parse(whole)) ? new Date(whole).toISOString() : null;
}

function Rows({ items }: { readonly items: readonly Entry[] }): ReactNode {
  return (
    <Table
      caption="Administrative acts"
      rows={items}
      rowKey={(one) => one.fact}
      empty={<Empty title="Nothing like that happened." command="ym audit --kind people" />}
      columns={[
        { key: 'at', label: 'When', cell: (one) => <When at={one.at} /> },
        {
          key: 'by',
          label: 'Who',
          cell: (one) => (
            <Link
              to="."
              search={((before: object) => ({ ...before, by: one.by.id, cursor: undefined })) as never}
              title="only what they did"
            >
              <Person id={one.by.id} name={one.by.name} />
            </Link>
          ),
        },
        {
          key: 'what',
          label: 'What',
          cell: (one) => (
            <span title={one.type}>
              {one.means} {one.reason === null ? null : <span className="text-quiet">— “{one.reason}”</span>}
            </span>
          ),
        },
        {
          key: 'to',
          label: 'About',
          cell: (one) =>
            ID.test(one.subject.id) ? (
              <Link
                to="."
                search={((before: object) => ({ ...before, about: one.subject.id, cursor: undefined })) as never}
                title="only what names this"
              >
                <Person id={one.subject.id} name={one.subject.name ?? `${one.subject.id.slice(0, 14)}…`} />
              </Link>
            ) : (
              <span className="text-quiet">the instance</span>
            ),
        },
        { key: 'more', label: 'Details', wide: true, cell: (one) => <Details of={one} /> },
        { key: 'kind', label: 'Kind', wide: true, cell: (one) => <Tag>{one.kind}</Tag> },
      ]}
    />
  );
}

/** What the fact says beyond its subject, ids as names. */
function Details({ of }: { readonly of: Entry }): ReactNode {
  const said = Object.entries(of.body).filter(([, value]) => value !== of.subject.id && value !== null && value !== '');
  return <span className="text-sm text-quiet">{said.map(([name, value]) => `${name}: ${words(value, of.names)}`).join('; ')}</span>;
}

function words(value: unknown, names: Readonly<Record<string, string>>): string {
  if (typeof value === 'string') return names[value] ?? (value.startsWith('sha256:') ? `${value.slice(0, 19)}…` : value);
  if (typeof value !== 'object' || value === null) return String(value);
  const inside = Object.entries(value).filter(([, inner]) => inner !== null);
  if (Array.isArray(value)) return inside.length === 0 ? 'none' : inside.map(([, inner]) => words(inner, names)).join(', ');
  return inside.length === 0 ? 'everything' : inside.map(([name, inner]) => `${name} ${words(inner, names)}`).join(', ');
}
