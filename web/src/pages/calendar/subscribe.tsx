import { useState, type ReactNode } from 'react';
import type { createToken } from '../../../../src/contract/identity.ts';
import { useAct } from '../../api/query.ts';
import { Button, Command, Dialog, Problem } from '../../kit/index.ts';

/** Makes an address that a calendar program subscribes to. It is shown once. */
export function Subscribe({ onClose }: { readonly onClose: () => void }): ReactNode {
  const make = useAct<typeof createToken>('POST', '/v1/tokens');
  const [address, setAddress] = useState<string | null>(null);
  return (
    <Dialog title="Subscribe" onClose={onClose}>
      <div className="space-y-3">
        <p>
          Calendar programs ask an address again and again. It carries a token that sees the calendar as you do and can do nothing else;
          whoever has the address sees that too. It is good for a year, and among your tokens it can be ended at any time.
        </p>
        {make.problem === null ? null : <Problem of={make.problem} />}
        {address === null ? (
          <Button
            kind="primary"
            busy={make.busy}
            onClick={async () => {
              const made = await make.act({ body: { name: 'calendar feed', actions: ['calendar.read'], expiresInDays: 366 } });
              if (made !== null) setAddress(`${location.origin}/v1/calendar.ics?token=${made.token}`);
            }}
          >
            Make an address
          </Button>
        ) : (
          <>
            <Command text={address} />
            <p className="text-sm text-quiet">It is shown this once. In the program choose “subscribe to a calendar by its address”.</p>
          </>
        )}
      </div>
    </Dialog>
  );
}
