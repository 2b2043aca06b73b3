import { useState, type ReactNode } from 'react';
import { useMay, useMe } from '../../app/session.tsx';
import { Button, useKeys, useUrl } from '../../kit/index.ts';
import { BreakGlassAsk, CancelAsk, DeployAsk, RollBackAsk } from './deploy-asks.tsx';
import { AbandonAsk, HoldAsk } from './release-asks.tsx';
import { newest, type Place, type Release } from './types.ts';
import { VoteAsk, WithdrawAsk } from './vote-asks.tsx';

type Asked = 'hold' | 'approve' | 'reject' | 'withdraw' | 'deploy' | 'roll-back' | 'cancel' | 'break-glass' | 'abandon';

/** Everything that can be done about a release in one environment. What may not be done stands there too, and says why. */
export function Acts({ page, place }: { readonly page: Release; readonly place: Place }): ReactNode {
  const because = useReasons(page, place);
  // A link of a mail asks for the vote: its form is open, and nothing is given before it is sent.
  const [wanted] = useUrl('ask');
  const [asked, ask] = useState<Asked | null>(wanted === 'vote' && because.approve === null ? 'approve' : null);
  const offered =
    (which: Asked): (() => void) =>
    () =>
      ask(because[which] === null ? which : null);
  useKeys({
    a: { label: 'approve', run: offered('approve') },
    r: { label: 'reject', run: offered('reject') },
    d: { label: 'deploy', run: offered('deploy') },
  });
  const close = (): void => ask(null);
  const mine = useMyVote(page, place);
  const last = newest(page, place.environment);
  return (
    <div className="flex flex-wrap gap-2">
      <Button
        large
        kind={place.me.mayVote || place.me.for.length > 0 ? 'primary' : 'plain'}
        icon="allow"
        because={because.approve}
        onClick={() => ask('approve')}
      >
        Approve
      </Button>
      <Button large icon="deny" because={because.reject} onClick={() => ask('reject')}>
        Reject
      </Button>
      {mine === null ? null : <Button onClick={() => ask('withdraw')}>Withdraw my vote</Button>}
      <Button
        kind={place.verdict === 'allow' && because.deploy === null ? 'primary' : 'plain'}
        icon="run"
        because={because.deploy}
        onClick={() => ask('deploy')}
      >
        Deploy to {place.environment}
      </Button>
      {because.cancel !== null ? null : (
        <Button kind="danger" icon="stop" onClick={() => ask('cancel')}>
          Cancel the deployment
        </Button>
      )}
      <Button kind="danger" because={because['roll-back']} onClick={() => ask('roll-back')}>
        Roll back
      </Button>
      <Button kind="danger" because={because['break-glass']} onClick={() => ask('break-glass')}>
        Break glass
      </Button>
      <Button because={because.hold} onClick={() => ask('hold')}>
        {page.release.held === null ? 'Hold it' : 'Let it go on'}
      </Button>
      <Button kind="quiet" because={because.abandon} onClick={() => ask('abandon')}>
        Give it up
      </Button>
      {asked === 'approve' || asked === 'reject' ? <VoteAsk page={page} place={place} verdict={asked} onClose={close} /> : null}
      {asked === 'withdraw' && mine !== null ? <WithdrawAsk page={page} vote={mine} onClose={close} /> : null}
      {asked === 'deploy' ? <DeployAsk page={page} place={place} onClose={close} /> : null}
      {asked === 'roll-back' ? <RollBackAsk page={page} place={place} onClose={close} /> : null}
      {asked === 'cancel' && last !== undefined ? <CancelAsk deployment={last} onClose={close} /> : null}
      {asked === 'break-glass' ? <BreakGlassAsk page={page} place={place} onClose={close} /> : null}
      {asked === 'hold' ? <HoldAsk page={page} onClose={close} /> : null}
      {asked === 'abandon' ? <AbandonAsk page={page} onClose={close} /> : null}
    </div>
  );
}

function useMyVote(page: Release, place: Place): Release['votes'][number] | null {
  const me = useMe();
  return page.votes.find((vote) => vote.person === me.id && vote.environment === place.environment && vote.state === 'active') ?? null;
}

/** Why each act can't be done now; null where it can. A hint: the server decides. */
function useReasons(page: Release, place: Place): Readonly<Record<Asked, string | null>> {
  const may = useMay();
  const { release } = page;
  const on = { service: release.service, team: release.team, environment: place.environment };
  const last = newest(page, place.environment);
  const moving = last !== undefined && last.finishedAt === null;
  const here = place.running?.release === release.id;
  const over = release.state === 'abandoned' ? 'it was given up' : null;
  const role = (action: Parameters<typeof may>[0]): string | null => (may(action, on) ? null : 'your roles don’t allow it here');
  const vote = over ?? (place.me.mayVote || place.me.for.length > 0 ? null : (place.me.why ?? 'your vote is not asked for'));
  return {
    approve: vote,
    reject: vote,
    withdraw: null,
    deploy: over ?? role('deployment.start') ?? (moving ? `a deployment is ${last.state}` : here ? 'it runs here already' : null),
    'roll-back':
      role('deployment.rollback') ??
      (here || (moving && last.startedAt !== null) ? null : 'this release does not run here, so there is nothing to take back'),
    cancel: moving ? role('deployment.start') : 'nothing is under way',
    'break-glass': over ?? role('deployment.break-glass') ?? (place.verdict === 'allow' ? 'it is allowed as it is' : null),
    hold: over ?? role('release.ready'),
    abandon: over ?? role('release.create'),
  };
}
