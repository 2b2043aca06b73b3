import { Link, useParams } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import type { decisionInputs } from '../../../../src/contract/release-page.ts';
import type { getDecision, replayDecision } from '../../../../src/contract/releases.ts';
import type { AnswerOf } from '../../../../src/contract/route.ts';
import { useAct, useAnswer } from '../../api/query.ts';
import { Button, Command, Copy, Digest, Facts, Loaded, Page, Panel, Said, Verdict, When } from '../../kit/index.ts';

type Decision = AnswerOf<typeof getDecision>;
type Inputs = AnswerOf<typeof decisionInputs>;

/** A recorded decision: its verdict, rule by rule with what each read, and the proof that it derives again. */
export default function Screen(): ReactNode {
  const { decision = '' } = useParams({ strict: false }) as { readonly decision?: string };
  const one = useAnswer<typeof getDecision>('/v1/decisions/{decision}', { params: { decision } });
  const inputs = useAnswer<typeof decisionInputs>('/v1/decisions/{decision}/inputs', { params: { decision } });
  if (one.data === undefined)
    return (
      <Page title="Decision" crumbs={[{ label: 'Releases', to: '/releases' }]}>
        <Loaded of={one}>{() => null}</Loaded>
      </Page>
    );
  const answer = one.data;
  const subject = inputs.data === undefined ? answer.release : `${inputs.data.service} ${inputs.data.version}`;
  return (
    <Page
      title={`Decision: ${subject} to ${answer.environment}`}
      crumbs={[
        { label: 'Releases', to: '/releases' },
        { label: subject, to: `/releases/${answer.release}?environment=${answer.environment}` },
      ]}
    >
      <section className="panel space-y-3 p-3 sm:p-4" aria-label="the answer">
        <div className="flex flex-wrap items-center gap-3">
          <Verdict of={answer.verdict} large />
          <h2 className="min-w-0 text-lg">
            <Said text={answer.words.headline} />
          </h2>
        </div>
        {answer.words.missing.length === 0 ? null : (
          <ul className="list-disc pl-5">
            {answer.words.missing.map((one, index) => (
              <li key={index}>
                <Said text={one} />
              </li>
            ))}
          </ul>
        )}
        <Facts
          of={[
            ['decided', <When key="at" at={answer.at} />],
            ['for', answer.purpose === 'rollback' ? 'going back' : 'deploying'],
            [
              'holds until',
              answer.verdict === 'allow' ? (
                <When key="until" at={answer.notAfter} />
              ) : (
                <span key="until" className="text-quiet">
                  nothing was allowed
                </span>
              ),
            ],
            [
              'policy',
              <Link
                key="policy"
                to="/policies/$policy"
                params={{ policy: answer.policy.name } as never}
                search={{ version: String(answer.policy.version) } as never}
              >
                {answer.policy.name}, version {answer.policy.version}
              </Link>,
            ],
            ['intent', <Digest key="intent" of={answer.intent} />],
            ['digest', <Digest key="digest" of={answer.digest} />],
          ]}
        />
        <Replay decision={answer} />
      </section>
      <Panel title="Rule by rule">
        <Loaded of={inputs}>{(read) => <Rules decision={answer} inputs={read} />}</Loaded>
      </Panel>
    </Page>
  );
}

function Replay({ decision }: { readonly decision: Decision }): ReactNode {
  const replay = useAct<typeof replayDecision>('POST', '/v1/decisions/{decision}/replay');
  const [result, setResult] = useState<AnswerOf<typeof replayDecision> | null>(null);
  const id = decision.decision ?? '';
  return (
    <div className="space-y-2 border-t border-line pt-3">
      <div className="flex flex-wrap items-center gap-3">
        <Button icon="evidence" busy={replay.busy} onClick={() => void replay.act({ params: { decision: id } }).then(setResult)}>
          Derive it again
        </Button>
        <span role="status" className="min-w-0">
          {replay.problem !== null ? (
            <span className="text-deny">{replay.problem.title}</span>
          ) : result === null ? (
            <span className="text-quiet">from its stored inputs alone; the digests must be equal</span>
          ) : result.same ? (
            <span className="font-medium text-allow">
              The same answer: {result.verdict}, <Digest of={result.derived} />
            </span>
          ) : (
            <span className="font-medium text-deny">
              Not the same: {result.differences.join(', ')}. Its inputs or the record were changed.
            </span>
          )}
        </span>
      </div>
      <Command text={`ym decision replay ${id}`} />
    </div>
  );
}

/** Each rule: its verdict and reasons, and what it read, as stored. */
function Rules({ decision, inputs }: { readonly decision: Decision; readonly inputs: Inputs }): ReactNode {
  return (
    <div className="divide-y divide-line">
      {decision.words.rules.map((rule) => (
        <section key={rule.rule} className="space-y-1.5 py-3 first:pt-0 last:pb-0">
          <h3 className="flex items-center gap-2 text-base">
            <Verdict of={rule.verdict} /> {rule.rule}
          </h3>
          {rule.reasons.map((reason, index) => (
            <p key={index}>
              <Said text={reason} />
            </p>
          ))}
          <Input name={rule.rule} digest={decision.inputs[rule.rule]} inputs={inputs} />
        </section>
      ))}
      <section className="space-y-1.5 py-3 last:pb-0">
        <h3 className="text-base">What it was about</h3>
        <Input name="subject" digest={decision.inputs['subject']} inputs={inputs} />
      </section>
    </div>
  );
}

function Input({
  name,
  digest,
  inputs,
}: {
  readonly name: string;
  readonly digest: string | undefined;
  readonly inputs: Inputs;
}): ReactNode {
  const value = inputs.inputs[name];
  const persons = Object.entries(inputs.persons);
  const text = JSON.stringify(value, null, 2) ?? '';
  const spoken = persons.filter(([id]) => text.includes(id));
  if (value === undefined)
    return (
      <p className="text-sm text-quiet">
        {inputs.leftOut.includes(name) ? 'Its input is too large to be shown; the bundle has it.' : 'No input was kept.'}{' '}
        {digest === undefined ? null : <Digest of={digest} />}
      </p>
    );
  return (
    <details>
      <summary className="min-h-6 text-sm text-accent">
        What it read<span className="sr-only">: {name}</span>
      </summary>
      <div className="mt-1 space-y-1">
        <p className="flex flex-wrap items-center gap-x-3 text-sm text-quiet">
          {digest === undefined ? null : <Digest of={digest} />}
          <Copy text={text} what="input" />
          {spoken.map(([id, person]) => (
            <span key={id}>
              <code>{id.slice(0, 12)}…</code> is <bdi>{person}</bdi>
            </span>
          ))}
        </p>
        <pre className="max-h-96 overflow-auto rounded border border-line bg-sunk p-2 text-xs" tabIndex={0}>
          {text}
        </pre>
      </div>
    </details>
  );
}
