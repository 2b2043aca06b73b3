import type { ReactNode } from 'react';
import type { explainPolicy, PolicyExample } from '../../../../src/contract/gates.ts';
import type { AnswerOf } from '../../../../src/contract/route.ts';
import { Panel, Select, useUrl, Verdict } from '../../kit/index.ts';

type Explained = AnswerOf<typeof explainPolicy>;
export const EVERY_KIND = ['production', 'staging', 'test', 'development'] as const;
const TIERS: Readonly<Record<number, string>> = { 1: 'Tier 1, critical', 2: 'Tier 2, important', 3: 'Tier 3, low risk' };

/** The kind of environment that the page speaks of, in its address. */
export function useKind(): readonly [(typeof EVERY_KIND)[number], ReactNode] {
  const [asked, set] = useUrl('kind', 'production');
  const kind = EVERY_KIND.find((one) => one === asked) ?? 'production';
  const choice = (
    <div className="max-w-60">
      <Select label="In front of" value={kind} onChange={set} options={EVERY_KIND.map((one) => [one, `${one} environments`])} />
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
        <div className="overflow-x-auto">
          <table className="w-full min-w-[36rem] border-collapse text-left">
            <caption className="sr-only">What the checks answer to each example</caption>
            <thead>
              <tr className="border-b border-line text-sm text-quiet">
                <th scope="col" className="px-3 py-1.5 font-medium">
                  a release of which
                </th>
                {[1, 2, 3].map((tier) => (
                  <th key={tier} scope="col" className="px-3 py-1.5 font-medium">
                    tier {tier}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {of.map((example) => (
                <tr key={example.example} className="border-b border-line last:border-b-0">
                  <th scope="row" className="px-3 py-1.5 font-normal">
                    {example.title}
                  </th>
                  {[1, 2, 3].map((tier) => {
                    const now = answer(of, example.example, tier);
                    const was = before === undefined ? undefined : answer(before, example.example, tier);
                    return (
                      <td key={tier} className="px-3 py-1.5" title={now?.reasons.join('\n')}>
                        {now === undefined ? null : <Verdict of={now.verdict} />}
                        {was === undefined || now === undefined || was.verdict === now.verdict ? null : (
                          <span className="ml-1.5 text-sm">
                            in force: <Verdict of={was.verdict} />
                          </span>
                        )}
                      </td>
                    );
                  })}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </Panel>
      <p className="text-sm text-quiet">
        Only the checks of reports are asked here; approvals, the road and the calendar come on top. <code>ym policy explain</code> shows
        the same.
      </p>
    </div>
  );
}
