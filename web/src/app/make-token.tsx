import { useState, type ReactNode } from 'react';
import { ACTIONS, type Action } from '../../../src/contract/actions.ts';
import type { createToken } from '../../../src/contract/identity.ts';
import { useAct } from '../api/query.ts';
import { Button, Check, Dialog, Field, Once, Problem, Select } from '../kit/index.ts';

/** Makes a token for oneself or a bot: narrowed where one wants, shown once. */
export function MakeToken({
  bots,
  onClose,
}: {
  readonly bots: readonly { readonly id: string; readonly name: string }[];
  readonly onClose: () => void;
}): ReactNode {
  const [name, setName] = useState('');
  const [bot, setBot] = useState('');
  const [days, setDays] = useState('90');
  const [actions, setActions] = useState<readonly Action[]>([]);
  const [services, setServices] = useState('');
  const make = useAct<typeof createToken>('POST', '/v1/tokens');
  const [made, setMade] = useState<{ readonly token: string; readonly expiresAt: string; readonly id: string } | null>(null);
  if (made !== null)
    return (
      <Once
        title={`The token ${name}`}
        until={made.expiresAt}
        texts={[
          ['The secret', made.token],
          ['Where it is used', `export YARDMASTER_TOKEN=${made.token}`],
          ['To end it', `ym token end ${made.id}`],
        ]}
        onClose={onClose}
      />
    );
  const only = services.split(/[\s,]+/).filter((one) => one !== '');
  return (
    <Dialog title="Make a token" onClose={onClose}>
      <form
        className="space-y-3"
        onSubmit={(event) => {
          event.preventDefault();
          const body = {
            name: name.trim(),
            expiresInDays: Number(days),
            ...(bot === '' ? {} : { bot: bot as `bot_${string}` }),
            ...(actions.length === 0 ? {} : { actions: [...actions] }),
            ...(only.length === 0 ? {} : { services: only }),
          };
          void make.act({ body }).then((answer) => answer !== null && setMade(answer));
        }}
      >
        <Field label="What it is for" required autoFocus maxLength={300} value={name} onChange={(event) => setName(event.target.value)} />
        <div className="grid gap-3 sm:grid-cols-2">
          <Select
            label="For"
            value={bot}
            onChange={setBot}
            options={[['', 'myself'], ...bots.map((one) => [one.id, `bot ${one.name}`] as const)]}
          />
          <Select
            label="It lasts"
            value={days}
            onChange={setDays}
            options={[
              ['1', 'a day'],
              ['7', 'a week'],
              ['30', '30 days'],
              ['90', '90 days'],
              ['366', 'a year'],
            ]}
          />
        </div>
        <Field
          label="Only for services"
          hint="Names with spaces between; empty: all."
          maxLength={2000}
          value={services}
          onChange={(event) => setServices(event.target.value)}
        />
        <details>
          <summary className="min-h-6 text-sm font-medium">
            {actions.length === 0 ? 'It may do all that its holder may; narrow it' : `It may only: ${actions.join(', ')}`}
          </summary>
          <div className="mt-2 grid max-h-56 gap-1 overflow-y-auto rounded border border-line p-2 sm:grid-cols-2">
            {(Object.keys(ACTIONS) as Action[]).map((action) => (
              <Check
                key={action}
                label={<code className="text-sm">{action}</code>}
                checked={actions.includes(action)}
                onChange={(on) => setActions(on ? [...actions, action] : actions.filter((one) => one !== action))}
              />
            ))}
          </div>
        </details>
        {make.problem === null ? null : <Problem of={make.problem} />}
        <div className="flex justify-end gap-2">
          <Button large onClick={onClose}>
            Leave it
          </Button>
          <Button large kind="primary" type="submit" busy={make.busy}>
            Make it
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
