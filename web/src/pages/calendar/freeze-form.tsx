import { useState, type ReactNode } from 'react';
import type { listEnvironments, listServices, listTeams } from '../../../../src/contract/catalog.ts';
import type { changeFreeze, createFreeze } from '../../../../src/contract/freezes.ts';
import { useAct, useAnswer } from '../../api/query.ts';
import { Area, Button, Check, Dialog, Field, Problem, Select } from '../../kit/index.ts';
import { Collisions } from './collisions.tsx';
import { bodyOf, type Change, type Draft, type Freeze } from './freeze-state.ts';

const names = (items: readonly { readonly name: string }[] | undefined, none: string): [string, string][] => [
  ['', none],
  ...(items ?? []).map((one): [string, string] => [one.name, one.name]),
];
const TYPES = ['standard', 'hotfix', 'emergency'] as const;

/** Makes a freeze, or changes one: what it would hold stands there before it is saved. */
export function FreezeForm({
  first,
  freeze,
  onClose,
}: {
  readonly first: Draft;
  readonly freeze: Freeze | null;
  readonly onClose: () => void;
}): ReactNode {
  const [draft, setDraft] = useState(first);
  const [because, setBecause] = useState('');
  const create = useAct<typeof createFreeze>('POST', '/v1/freezes');
  const change = useAct<typeof changeFreeze>('PATCH', '/v1/freezes/{freeze}');
  const set = (more: Partial<Draft>): void => setDraft((now) => ({ ...now, ...more }));
  const body = bodyOf(draft);
  const missing =
    body === null
      ? 'it needs a time, a reason and a ticket'
      : freeze !== null && because.trim() === ''
        ? 'a change needs its reason'
        : null;
  const save = async (): Promise<void> => {
    if (body === null || missing !== null) return;
    const { kind: _, ...rest } = body;
    const done =
      freeze === null
        ? await create.act({ body })
        : await change.act({
            params: { freeze: freeze.id },
            body: { ...rest, version: freeze.version, because: because.trim() } as Change,
          });
    if (done !== null) onClose();
  };
  const problem = create.problem ?? change.problem;
  const word = draft.kind === 'deny' ? 'freeze' : 'window';
  return (
    <Dialog title={freeze === null ? `New ${word}` : `Change the ${word}`} onClose={onClose}>
      <form
        className="space-y-3"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        {freeze === null ? (
          <Select
            label="What"
            value={draft.kind}
            onChange={(kind) => set({ kind: kind as Draft['kind'] })}
            options={[
              ['deny', 'Freeze: nothing may begin in this time'],
              ['allow', 'Window: something may begin only in this time'],
            ]}
          />
        ) : null}
        <Scope draft={draft} set={set} />
        <Time draft={draft} set={set} />
        <Collisions draft={draft} freeze={freeze?.id ?? null} />
        <Area label="Reason" rows={2} maxLength={4000} value={draft.reason} onChange={(event) => set({ reason: event.target.value })} />
        <Field label="Ticket" maxLength={300} value={draft.ticket} onChange={(event) => set({ ticket: event.target.value })} />
        <fieldset className="space-y-1">
          <legend className="text-sm font-medium">These pass (going back always does)</legend>
          <div className="flex flex-wrap gap-x-4">
            {TYPES.map((type) => (
              <Check
                key={type}
                label={type}
                checked={draft.exempt.includes(type)}
                onChange={(on) => set({ exempt: on ? [...draft.exempt, type] : draft.exempt.filter((one) => one !== type) })}
              />
            ))}
          </div>
        </fieldset>
        <Select
          label="What is under way when it begins"
          value={draft.onRunning}
          onChange={(onRunning) => set({ onRunning: onRunning as Draft['onRunning'] })}
          options={[
            ['finish-wave', 'finishes its wave, then waits'],
            ['finish', 'goes on to its end'],
            ['pause', 'stops where it is'],
          ]}
        />
        {freeze === null ? null : (
          <Area
            label="Why it is changed"
            rows={2}
            maxLength={4000}
            value={because}
            onChange={(event) => setBecause(event.target.value)}
            hint="What it said before is kept, with this."
          />
        )}
        {problem === null ? null : <Problem of={problem} />}
        <div className="flex justify-end gap-2">
          <Button large onClick={onClose}>
            Leave it
          </Button>
          <Button
            large
            type="submit"
            kind={draft.kind === 'deny' ? 'danger' : 'primary'}
            busy={create.busy || change.busy}
            because={missing}
          >
            {freeze === null ? (draft.kind === 'deny' ? 'Freeze' : 'Open this window') : 'Save the change'}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

type Part = { readonly draft: Draft; readonly set: (more: Partial<Draft>) => void };

function Scope({ draft, set }: Part): ReactNode {
  const services = useAnswer<typeof listServices>('/v1/services');
  const teams = useAnswer<typeof listTeams>('/v1/teams');
  const environments = useAnswer<typeof listEnvironments>('/v1/environments');
  return (
    <fieldset className="grid gap-2 sm:grid-cols-2">
      <legend className="sr-only">What it is about; all that is chosen must fit</legend>
      <Select
        label="Environment"
        value={draft.environment}
        onChange={(environment) => set({ environment })}
        options={names(environments.data?.items, 'every')}
      />
      <Select
        label="Kind of environment"
        value={draft.environmentKind}
        onChange={(environmentKind) => set({ environmentKind })}
        options={[['', 'every'], ...['production', 'staging', 'test', 'development'].map((one): [string, string] => [one, one])]}
      />
      <Select
        label="Service"
        value={draft.service}
        onChange={(service) => set({ service })}
        options={names(services.data?.items, 'every')}
      />
      <Select label="Team" value={draft.team} onChange={(team) => set({ team })} options={names(teams.data?.items, 'every')} />
      <Select
        label="Tier"
        value={draft.tier}
        onChange={(tier) => set({ tier })}
        options={[
          ['', 'every'],
          ['1', '1, critical'],
          ['2', '2, important'],
          ['3', '3, low risk'],
        ]}
      />
    </fieldset>
  );
}

function Time({ draft, set }: Part): ReactNode {
  return (
    <fieldset className="space-y-2">
      <legend className="sr-only">When</legend>
      <Check label="It comes again" checked={draft.repeats} onChange={(repeats) => set({ repeats })} />
      <div className="grid gap-2 sm:grid-cols-2">
        <Field
          label={draft.repeats ? 'First time' : 'From'}
          type="datetime-local"
          value={draft.from}
          onChange={(event) => set({ from: event.target.value })}
          hint={draft.repeats ? 'By the clock of its own zone.' : `By your clock (${Intl.DateTimeFormat().resolvedOptions().timeZone}).`}
        />
        {draft.repeats ? (
          <Field
            label="Hours"
            type="number"
            min="0.25"
            max="744"
            step="0.25"
            value={draft.hours}
            onChange={(event) => set({ hours: event.target.value })}
          />
        ) : (
          <Field
            label="Until"
            type="datetime-local"
            value={draft.until}
            onChange={(event) => set({ until: event.target.value })}
            hint="Empty: with no known end."
          />
        )}
        {draft.repeats ? (
          <>
            <Field
              label="Rule"
              maxLength={300}
              value={draft.rule}
              onChange={(event) => set({ rule: event.target.value })}
              hint="RFC 5545, as in FREQ=WEEKLY;BYDAY=FR or FREQ=MONTHLY;BYMONTHDAY=-1"
            />
            <Field
              label="Zone"
              maxLength={64}
              value={draft.zone}
              onChange={(event) => set({ zone: event.target.value })}
              hint="As in Europe/Berlin."
            />
          </>
        ) : null}
      </div>
    </fieldset>
  );
}
