import type { z } from 'zod';
import { isFresh } from '../artifacts/versions/next.ts';
import type { Held } from '../artifacts/versions/hold.ts';
import type { ReadNext } from '../artifacts/versions/repository.ts';
import type { nextRelease } from '../contract/releases.ts';

const SHOWN = 100;

/** The next version of a service as the wire has it. */
export function nextVersionView(
  service: string,
  { repository, answer, held, run, commit }: ReadNext & { readonly held: Held; readonly run: string; readonly commit: string },
): z.input<typeof nextRelease.answer> {
  const { branch, rules, lane } = repository;
  const { next, tag, bump, why, refused } = answer;
  const fresh = answer.because.filter(isFresh);
  const own = held.own === null || branch === null ? [] : [{ number: held.own, branch, kind: 'hotfix' as const }];
  return {
    service,
    run,
    commit,
    branch,
    strategy: rules.strategy,
    next,
    tag,
    bump,
    from: answer.from?.version ?? null,
    why,
    refused,
    channel: lane.channel,
    preview: lane.preview,
    because: fresh.slice(0, SHOWN).map((one) => ({
      commit: one.commit,
      subject: one.subject.slice(0, 200),
      kind: one.kind,
      bump: one.bump,
      why: one.why,
    })),
    more: Math.max(0, fresh.length - SHOWN),
    held: [...held.open.map((one) => ({ number: one.version, branch: one.branch, kind: one.kind })), ...own],
  };
}
