import type { ReactNode } from 'react';
import type { explainPolicy, PolicyExample } from '../../../../src/contract/gates.ts';
import type { AnswerOf } from '../../../../src/contract/route.ts';
import { Panel, Select, Table, useUrl, Verdict } from '../../kit/index.ts';

type Explained = AnswerOf<typeof explainPolicy>;
export const EVERY_KIND = ['production', 'staging', 'test', 'development'] as const;
/** Tiers as headings. */
export const TIERS: Readonly<Record<number, string>> = { 1: 'Tier 1, critical', 2: 'Tier 2, important', 3: 'Tier 3, low risk' };

/** The kind of environment that the page speaks of, in its address. */
export function useKind(): readonly [(typeof EVERY_KIND)[number], ReactNode] {
  const [asked, set] = useUrl('kind', 'production');
  const kind = EVERY_KIND.find((one) => one === asked) ?? 'production';
  const choice = (
    <div className="max-w-60">
      <Select label="In front of" value={kind} onChange={set} options={EVERY_KIND.map((one) => [one, one])} />
    </div>
  );
  return [kind, choice];
}

/** What it asks, tier beside tier, in words. */
export function Rules({ of }: { readonly of: Explained }): ReactNode {
  const [kind, choice] = useKind();
  return (
    <div className="space-y-3">
      {choice}
      <div className="grid gap-3 lg:grid-cols-3">
        {of.tiers.map(({ tier, kinds }) => (
          <Panel key={tier} title={TIERS[tier] ?? `Tier ${tier}`}>
            <ul className="list-disc space-y-1.5 pl-5">
              {(kinds.find((one) => one.kind === kind)?.words ?? []).map((words) => (
                <li key={words}>{words}</li>
              ))}
            </ul>
          </Panel>
        ))}
      </div>
    </div>
  );
}

/** What it answers to examples; with `before` those that would change are marked. */
export function Examples({ of, before }: { readonly of: readonly PolicyExample[]; readonly before?: readonly PolicyExample[] }): ReactNode {
  const [kind, choice] = useKind();
  const answer = (list: readonly PolicyExample[], example: string, tier: number) =>
    list.find((one) => one.example === example)?.answers.find((one) => one.tier === tier && one.kind === kind);
  return (
    <div className="space-y-3">
      {choice}
      <Panel flush>
        <Table
          caption="What the checks answer to each example"
          rows={of}
          rowKey={(example) => example.example}
          columns={[
            { key: 'example', label: 'a release of which', cell: (example) => example.title },
            ...[1, 2, 3].map((tier) => ({
              key: String(tier),
              label: `tier ${tier}`,
              cell: ({ example }: PolicyExample) => (
                <Answered now={answer(of, example, tier)} was={before === undefined ? undefined : answer(before, example, tier)} />
              ),
            })),
          ]}
        />
      </Panel>
      <p className="text-sm text-quiet">
        Only the checks of reports are asked here; approvals, the road and the calendar come on top. <code>ym policy explain</code> shows
        the same.
      </p>
    </div>
  );
}

type Answer = PolicyExample['answers'][number];

function Answered({ now, was }: { readonly now: Answer | undefined; readonly was: Answer | undefined }): ReactNode {
  if (now === undefined) return null;
  return (
    <span title={now.reasons.join('\n')}>
      <Verdict of={now.verdict} />
      {was === undefined || was.verdict === now.verdict ? null : (
        <span className="ml-1.5 text-sm whitespace-nowrap">
          in force: <Verdict of={was.verdict} />
        </span>
      )}
    </span>
  );
}
