import { useState, type ReactNode } from 'react';
import type { abandonRelease, holdRelease, resumeRelease } from '../../../../src/contract/releases.ts';
import { useAct } from '../../api/query.ts';
import { Ask } from '../../kit/index.ts';
import type { Release } from './types.ts';

type Of = { readonly page: Release; readonly onClose: () => void };

/** Holds the whole release back, or lets it go on. */
export function HoldAsk({ page, onClose }: Of): ReactNode {
  const { release } = page;
  const [seen] = useState({ version: release.rowVersion, held: release.held });
  const hold = useAct<typeof holdRelease>('POST', '/v1/releases/{release}/hold');
  const resume = useAct<typeof resumeRelease>('POST', '/v1/releases/{release}/resume');
  const act = seen.held === null ? hold : resume;
  return (
    <Ask
      title={seen.held === null ? `Hold ${release.service} ${release.version}` : `Let ${release.service} ${release.version} go on`}
      says={
        seen.held === null
          ? 'It goes nowhere, by a break-glass neither, until somebody lets it go on. What is half way is held at its next step, and goes back if that takes too long. Where it runs it goes on running.'
          : `${seen.held.by.name} holds it: ${seen.held.reason}. What waited for it asks again at once.`
      }
      does={seen.held === null ? 'Hold it' : 'Let it go on'}
      danger={seen.held === null}
      busy={act.busy}
      problem={act.problem}
      onClose={onClose}
      onDo={(reason) =>
        void act
          .act({ params: { release: release.id }, body: { reason, version: seen.version } })
          .then((done) => (done === null ? undefined : onClose()))
      }
    />
  );
}

export function AbandonAsk({ page, onClose }: Of): ReactNode {
  const abandon = useAct<typeof abandonRelease>('POST', '/v1/releases/{release}/abandon');
  const { release } = page;
  const [version] = useState(release.rowVersion);
  const runs = page.environments.filter((one) => one.running?.release === release.id).map((one) => one.environment);
  return (
    <Ask
      title={`Give up ${release.service} ${release.version}`}
      says={
        runs.length === 0
          ? 'It ships nowhere any more, and its change record is closed. This can’t be undone; make a new release instead.'
          : `It ships nowhere any more; where it runs (${runs.join(', ')}) it goes on running. This can’t be undone.`
      }
      does="Give it up"
      danger
      busy={abandon.busy}
      problem={abandon.problem}
      onClose={onClose}
      onDo={(reason) =>
        void abandon
          .act({ params: { release: release.id }, body: { reason, version } })
          .then((done) => (done === null ? undefined : onClose()))
      }
    />
  );
}
