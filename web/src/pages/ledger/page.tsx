import { useQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import type { getCheckpoint } from '../../../../src/contract/evidence.ts';
import type { AnswerOf } from '../../../../src/contract/route.ts';
import { useAnswer } from '../../api/query.ts';
import { Ago, Button, Command, Copy, Digest, Facts, Field, Icon, Loaded, Page, Panel, Skeleton, useUrl } from '../../kit/index.ts';
import { checkHead, proveFact, remembered, type Finding } from './check.ts';

type Checkpoint = AnswerOf<typeof getCheckpoint>;

/** The ledger's head, checked by this browser: who signed it, and whether it continues what this browser saw before. */
export default function Ledger(): ReactNode {
  const head = useAnswer<typeof getCheckpoint>('/v1/ledger/checkpoint');
  return (
    <Page
      title="The ledger"
      crumbs={[{ label: 'Evidence', to: '/evidence' }]}
      actions={<Button onClick={() => void head.refetch()}>Ask for the newest</Button>}
    >
      <p className="max-w-3xl text-quiet">
        Every fact has a place in one append-only log. The checkpoint is its size and root, signed. Whoever keeps an old checkpoint notices
        when anything before it was changed, dropped or put in later.
      </p>
      <div className="grid min-w-0 gap-4 lg:grid-cols-2">
        <Panel title="Head">
          <Loaded of={head}>
            {(checkpoint) => (
              <div className="space-y-3">
                <Facts
                  of={[
                    [
                      'Origin',
                      <code key="o" className="text-sm">
                        {checkpoint.origin}
                      </code>,
                    ],
                    ['Entries', checkpoint.size.toLocaleString()],
                    [
                      'Root',
                      <code key="r" className="text-sm">
                        {checkpoint.root}
                      </code>,
                    ],
                    ['Signed', <Ago key="a" at={checkpoint.at} />],
                  ]}
                />
                <details>
                  <summary className="min-h-6 text-sm">The signed note</summary>
                  <div className="flex items-start gap-2">
                    <pre className="min-w-0 flex-1 overflow-x-auto rounded bg-sunk p-2 text-xs whitespace-pre-wrap">{checkpoint.note}</pre>
                    <Copy text={checkpoint.note} what="note" />
                  </div>
                </details>
              </div>
            )}
          </Loaded>
        </Panel>
        <Panel title="Checked in this browser">
          {head.data === undefined ? <p className="text-quiet">There is nothing to check yet.</p> : <HeadChecks checkpoint={head.data} />}
        </Panel>
        <OneFact />
        <Panel title="Checked from outside">
          <ol className="list-decimal space-y-2 pl-5">
            <li>
              Keep a checkpoint where nobody here can change it: <Command text="ym checkpoint > kept-checkpoint.txt" />
            </li>
            <li>
              Ask for a proof that continues it: <Command text="ym bundle RELEASE --since SIZE" />
            </li>
            <li>
              Verify offline: <Command text="ym verify RELEASE.bundle.json --trust trust.json --checkpoint kept-checkpoint.txt" />
            </li>
            <li>
              On the server’s machine, everything against everything: <Command text="yardmaster ledger audit" />
            </li>
          </ol>
        </Panel>
      </div>
    </Page>
  );
}

function HeadChecks({ checkpoint }: { readonly checkpoint: Checkpoint }): ReactNode {
  const [before] = useState(() => remembered());
  const checks = useQuery({
    queryKey: ['ledger checks', checkpoint.note],
    queryFn: () => checkHead(checkpoint, before),
    staleTime: Infinity,
    retry: 1,
  });
  return (
    <div className="space-y-3">
      {checks.error === null ? null : <p className="text-wait">The checks could not be made: {checks.error.message}</p>}
      {checks.data === undefined ? checks.error === null ? <Skeleton lines={3} /> : null : <Findings of={checks.data} />}
      <p className="text-sm text-quiet">
        The key comes from this server too. Compare its name with one that you got another way; a browser that has never been here has
        nothing to compare the past with.
      </p>
    </div>
  );
}

function Findings({ of }: { readonly of: readonly Finding[] }): ReactNode {
  return (
    <ul className="space-y-1.5">
      {of.map(({ verdict, text, detail }) => (
        <li key={text} className="flex items-start gap-2">
          <Icon
            name={verdict}
            className={`mt-0.5 ${verdict === 'allow' ? 'text-allow' : verdict === 'deny' ? 'text-deny' : 'text-unknown'}`}
          />
          <span className="min-w-0">
            <span className="sr-only">{verdict === 'allow' ? 'holds: ' : verdict === 'deny' ? 'broken: ' : 'not known: '}</span>
            {text} {detail === null ? null : detail.length > 40 ? <Digest of={detail} /> : <span className="text-quiet">{detail}</span>}
          </span>
        </li>
      ))}
    </ul>
  );
}

/** Proves that one fact stands where it stands: its bytes, hashed here, lead to the signed root. */
function OneFact(): ReactNode {
  const [fact, setFact] = useUrl('fact');
  const [text, setText] = useState(fact);
  const asked = /^fct_[0-9a-f]{32}$/.test(fact);
  const proof = useQuery({ queryKey: ['fact proof', fact], queryFn: () => proveFact(fact), enabled: asked, retry: false });
  return (
    <Panel title="Prove one fact">
      <form
        className="flex flex-wrap items-end gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          setFact(text.trim());
        }}
      >
        <div className="min-w-0 flex-1">
          <Field label="Fact" placeholder="fct_…" maxLength={36} value={text} onChange={(event) => setText(event.target.value)} />
        </div>
        <Button
          type="submit"
          busy={proof.isFetching}
          because={/^fct_[0-9a-f]{32}$/.test(text.trim()) ? null : 'it is no whole id of a fact; the lists of facts lead here'}
        >
          Prove it
        </Button>
      </form>
      {asked && proof.error !== null ? <p className="mt-2 text-deny">{proof.error.message}</p> : null}
      {proof.data === undefined ? null : (
        <div className="mt-3 space-y-2">
          <Findings of={proof.data.findings} />
          <details>
            <summary className="min-h-6 text-sm">The exact bytes that are hashed</summary>
            <pre className="max-h-64 overflow-auto rounded bg-sunk p-2 text-xs whitespace-pre-wrap">{proof.data.leaf}</pre>
          </details>
        </div>
      )}
    </Panel>
  );
}
