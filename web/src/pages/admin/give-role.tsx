import { useState, type ReactNode } from 'react';
import { ACTIONS, ROLES, type Role } from '../../../../src/contract/actions.ts';
import type { giveRole } from '../../../../src/contract/identity.ts';
import { useAct } from '../../api/query.ts';
import { Ask, Field, Select } from '../../kit/index.ts';

/** Gives a role over everything or something narrower; says what it allows. */
export function GiveRole({
  holder,
  name,
  onClose,
}: {
  readonly holder: string;
  readonly name: string;
  readonly onClose: () => void;
}): ReactNode {
  const [role, setRole] = useState<Role>('developer');
  const [team, setTeam] = useState('');
  const [service, setService] = useState('');
  const [environment, setEnvironment] = useState('');
  const give = useAct<typeof giveRole>('POST', '/v1/roles');
  const allows = Object.entries(ACTIONS).flatMap(([action, roles]) => ((roles as readonly string[]).includes(role) ? [action] : []));
  const on = { ...(team === '' ? {} : { team }), ...(service === '' ? {} : { service }), ...(environment === '' ? {} : { environment }) };
  return (
    <Ask
      title={`Give ${name} a role`}
      says={
        <>
          <span className="font-medium">{role}</span> allows: <span className="text-quiet">{allows.join(', ')}</span>
        </>
      }
      does="Give it"
      reason="none"
      busy={give.busy}
      problem={give.problem}
      onDo={() => void give.act({ body: { holder, role, on } }).then((answer) => answer !== null && onClose())}
      onClose={onClose}
    >
      <Select label="Role" value={role} onChange={(value) => setRole(value as Role)} options={ROLES.map((one) => [one, one] as const)} />
      <div className="grid gap-3 sm:grid-cols-3">
        <Field label="Only team" maxLength={63} value={team} onChange={(event) => setTeam(event.target.value)} />
        <Field label="Only service" maxLength={63} value={service} onChange={(event) => setService(event.target.value)} />
        <Field label="Only environment" maxLength={63} value={environment} onChange={(event) => setEnvironment(event.target.value)} />
      </div>
      <p className="text-sm text-quiet">All empty: over everything. Several: all of them must be so.</p>
    </Ask>
  );
}
