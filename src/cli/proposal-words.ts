import type { ProposalView } from '../contract/gates.ts';
import { line, plain, when } from './terminal.ts';

/** A proposed change for people: how it stands, why, who agreed, and the lines that change. */
export function proposalWords(one: ProposalView): string {
  const by = one.approvedBy.map(({ name }) => line(name)).join(', ');
  const state = one.state === 'open' ? `waits for ${one.needed - one.approvedBy.length} more` : one.state;
  return [
    `${one.id}  ${one.team === null ? one.policy : `team ${one.team}`} from version ${one.from}: ${state}`,
    `  proposed by ${line(one.proposedBy.name)} ${when(one.createdAt)}: ${line(one.reason)}`,
    ...(by === '' ? [] : [`  approved by ${by}`]),
    ...one.diff.map(({ sign, line: words }) => `  ${sign} ${plain(words)}`),
    ...(one.state === 'open' ? [`  ${whoDecides(one)}`] : []),
  ].join('\n');
}

/** What the person who asks can do with it, or who else can. */
function whoDecides({ id, because, team }: ProposalView): string {
  if (because === null) return `approve it: ym policy approve ${id}; or: ym policy reject ${id} --reason ...`;
  const over = team === null ? '' : ` over the team ${team}`;
  return `not for you (${line(because)}); a release-manager or admin${over} decides with: ym policy approve ${id}`;
}
