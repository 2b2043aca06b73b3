import { useState, type ReactNode } from 'react';
import type { listEnvironments, listServices } from '../../../../src/contract/catalog.ts';
import type { requestWaiver } from '../../../../src/contract/waivers.ts';
import { useAct, useAnswer } from '../../api/query.ts';
import { Ask, Field, Select } from '../../kit/index.ts';

type Kind = 'finding' | 'check' | 'freeze' | 'quarantine' | 'approval';
const KINDS: readonly (readonly [Kind, string, string])[] = [
  ['check', 'Skip a check', 'tests-pass'],
  ['finding', 'Accept a finding', 'cve:..., purl:pkg:..., licence:pkg:..., rule:... or path:vendor/**'],
  ['freeze', 'Pass a freeze', 'frz_...'],
  ['quarantine', 'Put a test in quarantine', 'CheckoutTest.pays'],
  ['approval', 'Approve afterwards', 'production'],
];

/** Asks for an exception; another person decides it. */
export function RequestForm({ onClose }: { readonly onClose: () => void }): ReactNode {
  const services = useAnswer<typeof listServices>('/v1/services');
  const environments = useAnswer<typeof listEnvironments>('/v1/environments');
  const ask = useAct<typeof requestWaiver>('POST', '/v1/waivers');
  const [kind, setKind] = useState<Kind>('check');
  const [service, setService] = useState('');
  const [environment, setEnvironment] = useState('');
  const [subject, setSubject] = useState('');
  const [ticket, setTicket] = useState('');
  const [days, setDays] = useState('7');
  const [price, setPrice] = useState('');
  const [currency, setCurrency] = useState('EUR');
  const ready = service !== '' && subject.trim() !== '' && ticket.trim() !== '' && Number(days) > 0;
  const run = async (reason: string): Promise<void> => {
    const minor = Math.round(Number(price) * 100);
    const done = await ask.act({
      body: {
        kind,
        service,
        subject: subject.trim(),
        ticket: ticket.trim(),
        reason,
        expiresAt: new Date(Date.now() + Number(days) * 86_400_000).toISOString(),
        ...(environment === '' ? {} : { environment }),
        ...(price === '' ? {} : { price: { minor, currency } }),
      },
    });
    if (done !== null) onClose();
  };
  const names = (items: readonly { readonly name: string }[] | undefined, none: string): [string, string][] => [
    ['', none],
    ...(items ?? []).map((one): [string, string] => [one.name, one.name]),
  ];
  return (
    <Ask
      title="Ask for an exception"
      says="It suspends nothing until another person approves it, and ends by itself on its day."
      does="Ask"
      busy={ask.busy}
      problem={ask.problem}
      ready={ready}
      onClose={onClose}
      onDo={(reason) => void run(reason)}
    >
      <div className="grid gap-2 sm:grid-cols-2">
        <Select label="What" value={kind} onChange={(value) => setKind(value as Kind)} options={KINDS.map(([key, word]) => [key, word])} />
        <Select label="Service" value={service} onChange={setService} options={names(services.data?.items, 'choose one')} />
        <Select label="Environment" value={environment} onChange={setEnvironment} options={names(environments.data?.items, 'every')} />
        <Field
          label="Exactly what"
          maxLength={1000}
          value={subject}
          placeholder={KINDS.find(([key]) => key === kind)?.[2] ?? ''}
          onChange={(event) => setSubject(event.target.value)}
        />
        <Field label="Ticket" maxLength={300} value={ticket} onChange={(event) => setTicket(event.target.value)} />
        <Field label="Days" type="number" min="1" max="90" value={days} onChange={(event) => setDays(event.target.value)} />
        <Field
          label="Price (if known)"
          type="number"
          min="0"
          step="0.01"
          value={price}
          onChange={(event) => setPrice(event.target.value)}
        />
        <Select label="Currency" value={currency} onChange={setCurrency} options={['EUR', 'USD', 'GBP', 'CHF'].map((one) => [one, one])} />
      </div>
    </Ask>
  );
}
