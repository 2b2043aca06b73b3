import { useState, type ReactNode } from 'react';
import type { createHook } from '../../../../src/contract/pipelines.ts';
import type { AnswerOf } from '../../../../src/contract/route.ts';
import { useAct } from '../../api/query.ts';
import { useMay } from '../../app/session.tsx';
import { Ago, Ask, Button, Command, Dialog, Facts, Panel, Tag } from '../../kit/index.ts';
import type { Overview } from './types.ts';

type Hook = AnswerOf<typeof createHook>;

/** Whether its repository is read, and the webhook that makes a push known at once. */
export function Watch({ of }: { readonly of: Overview }): ReactNode {
  const { watch, service } = of;
  const [asking, setAsking] = useState(false);
  const [made, setMade] = useState<Hook | null>(null);
  const hook = useAct<typeof createHook>('POST', '/v1/services/{service}/hook');
  const may = useMay();
  const because = may('catalog.apply', { service: service.name, team: service.team }) ? null : 'it needs the role release-manager';
  const make = async (): Promise<void> => {
    const done = await hook.act({ params: { service: service.name } });
    if (done === null) return;
    setAsking(false);
    setMade(done);
  };
  if (watch === null)
    return (
      <Panel title="Repository">
        <p className="text-quiet">
          {service.repository === null ? 'No repository is named, so pushes start nothing.' : 'It will be read in some seconds.'}
        </p>
      </Panel>
    );
  return (
    <Panel
      title="Repository"
      actions={
        <Button because={because} onClick={() => setAsking(true)}>
          {watch.hook ? 'Renew webhook' : 'Set up webhook'}
        </Button>
      }
    >
      <Facts
        of={[
          ['read', watch.checkedAt === null ? <span className="text-quiet">not yet</span> : <Ago at={watch.checkedAt} />],
          [
            'webhook',
            watch.hook ? (
              <Tag tone="allow" icon="done">
                set up
              </Tag>
            ) : (
              <span className="text-quiet">none: it is read every few seconds</span>
            ),
          ],
        ]}
      />
      {watch.lastError === null ? null : (
        <p className="mt-2 text-deny">
          {watch.failures} times in a row it could not be read: <bdi>{watch.lastError}</bdi>
        </p>
      )}
      {asking ? (
        <Ask
          title={watch.hook ? 'Renew the webhook' : 'Set up a webhook'}
          says={
            watch.hook
              ? 'A new address and secret are made; the old ones stop at once. The secret is shown this once.'
              : 'With it the forge tells of a push at once. Its address and secret are shown this once, to be put into the forge.'
          }
          does="Make it"
          reason="none"
          busy={hook.busy}
          problem={hook.problem}
          onClose={() => setAsking(false)}
          onDo={() => void make()}
        />
      ) : null}
      {made === null ? null : (
        <Dialog title="The webhook" onClose={() => setMade(null)}>
          <p>Put both into the settings of the repository at the forge, for pushes, as JSON. The secret is not shown again.</p>
          <Command text={`${location.origin}${made.path}`} />
          <Command text={made.secret} />
        </Dialog>
      )}
    </Panel>
  );
}
