import { useState, type ReactNode } from 'react';
import type { endMail, getMail, setMail, testMail } from '../../../../src/contract/notify.ts';
import type { AnswerOf } from '../../../../src/contract/route.ts';
import { useAct, useAnswer } from '../../api/query.ts';
import { Ago, Button, Facts, Field, Loaded, Panel, Problem, Select, Tag } from '../../kit/index.ts';
import { Channels } from './channels.tsx';
import { Deliveries } from './deliveries.tsx';

type Mail = NonNullable<AnswerOf<typeof getMail>['mail']>;

/** How mail is sent from here, and what became of what was sent. */
export function MailAndChat(): ReactNode {
  const mail = useAnswer<typeof getMail>('/v1/notify/mail', {}, { live: ['mail'] });
  return (
    <div className="space-y-4">
      <Panel title="Mail server">
        <Loaded of={mail} lines={6}>
          {(answer) => <Form key={answer.mail?.version ?? 0} mail={answer.mail} />}
        </Loaded>
      </Panel>
      <Channels />
      <Deliveries />
    </div>
  );
}

const HOURS = 3_600_000;

function Form({ mail }: { readonly mail: Mail | null }): ReactNode {
  const [host, setHost] = useState(mail?.host ?? '');
  const [port, setPort] = useState(String(mail?.port ?? 587));
  const [tls, setTls] = useState<Mail['tls']>(mail?.tls ?? 'starttls');
  const [user, setUser] = useState(mail?.username ?? '');
  const [password, setPassword] = useState('');
  const [sender, setSender] = useState(mail?.sender ?? '');
  const [within, setWithin] = useState(String((mail?.answerWithinMs ?? 24 * HOURS) / HOURS));
  const [before, setBefore] = useState(String((mail?.remindBeforeMs ?? 4 * HOURS) / HOURS));
  const save = useAct<typeof setMail>('PUT', '/v1/notify/mail');
  const body = {
    host: host.trim(),
    port: Number(port),
    tls,
    username: user === '' ? null : user,
    ...(password === '' ? (user === '' ? { password: null } : {}) : { password }),
    sender: sender.trim(),
    answerWithinMs: Math.round(Number(within) * HOURS),
    remindBeforeMs: Math.round(Number(before) * HOURS),
    version: mail?.version ?? 0,
  };
  return (
    <form
      className="space-y-3"
      onSubmit={(event) => {
        event.preventDefault();
        void save.act({ body }).then((done) => (done === null ? undefined : setPassword('')));
      }}
    >
      {mail === null ? <p>No mail is sent from here yet.</p> : <Health mail={mail} />}
      <div className="grid gap-3 sm:grid-cols-2 lg:grid-cols-3">
        <Field
          label="Server"
          required
          maxLength={255}
          placeholder="smtp.example.org"
          value={host}
          onChange={(event) => setHost(event.target.value)}
        />
        <Field label="Port" required type="number" min={1} max={65535} value={port} onChange={(event) => setPort(event.target.value)} />
        <Select
          label="TLS"
          value={tls}
          onChange={(how) => setTls(how as Mail['tls'])}
          options={[
            ['starttls', 'STARTTLS, always (587)'],
            ['tls', 'from the first byte (465)'],
            ['none', 'none: to places of the operator only'],
          ]}
        />
        <Field label="User" maxLength={300} autoComplete="off" value={user} onChange={(event) => setUser(event.target.value)} />
        <Field
          label="Password"
          type="password"
          autoComplete="new-password"
          maxLength={1000}
          hint={mail?.password === true ? 'One is kept. Leave it empty to keep it.' : undefined}
          value={password}
          onChange={(event) => setPassword(event.target.value)}
        />
        <Field
          label="Sender"
          required
          maxLength={400}
          placeholder="Yard <yard@example.org>"
          value={sender}
          onChange={(event) => setSender(event.target.value)}
        />
        <Field
          label="Questions are answered within (hours)"
          required
          type="number"
          min={1}
          max={720}
          value={within}
          onChange={(event) => setWithin(event.target.value)}
        />
        <Field
          label="A reminder so long before (hours)"
          required
          type="number"
          min={0.1}
          step="any"
          max={719}
          value={before}
          onChange={(event) => setBefore(event.target.value)}
        />
      </div>
      {save.problem === null ? null : <Problem of={save.problem} />}
      <Button type="submit" kind="primary" busy={save.busy} because={host === '' || sender === '' ? 'server and sender are needed' : null}>
        Save
      </Button>
      {mail === null ? null : <Acts />}
    </form>
  );
}

function Health({ mail }: { readonly mail: Mail }): ReactNode {
  const tone = mail.state === 'working' ? 'allow' : mail.state === 'failing' ? 'deny' : 'wait';
  return (
    <Facts
      of={[
        [
          'State',
          <Tag key="s" tone={tone}>
            {mail.state === 'new' ? 'nothing was sent since it was saved' : mail.state}
          </Tag>,
        ],
        ...(mail.checkedAt === null ? [] : ([['Last tried', <Ago key="a" at={mail.checkedAt} />]] as const)),
        ...(mail.lastError === null ? [] : ([['It said', <bdi key="e">{mail.lastError}</bdi>]] as const)),
      ]}
    />
  );
}

function Acts(): ReactNode {
  const test = useAct<typeof testMail>('POST', '/v1/notify/mail/test');
  const end = useAct<typeof endMail>('DELETE', '/v1/notify/mail');
  const [sent, setSent] = useState<AnswerOf<typeof testMail> | null>(null);
  return (
    <div className="space-y-3 border-t border-line pt-3">
      <div className="flex flex-wrap gap-2">
        <Button
          busy={test.busy}
          onClick={() => {
            setSent(null);
            void test.act({ body: {} }).then(setSent);
          }}
        >
          Send a test to me
        </Button>
        <Button kind="danger" busy={end.busy} onClick={() => void end.act({})}>
          Send no mail any more
        </Button>
      </div>
      <p role="status" className="empty:hidden">
        {sent === null ? null : (
          <>
            Sent to <bdi>{sent.to}</bdi>; the server said: <bdi>{sent.said}</bdi>
          </>
        )}
      </p>
      {[test.problem, end.problem].map((problem) => (problem === null ? null : <Problem key={problem.code} of={problem} />))}
    </div>
  );
}
