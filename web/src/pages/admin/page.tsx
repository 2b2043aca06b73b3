import { Link, useParams } from '@tanstack/react-router';
import { useEffect, useRef, type ComponentType, type ReactNode } from 'react';
import { Empty, Page } from '../../kit/index.ts';
import { Agents } from './agents.tsx';
import { Audit } from './audit.tsx';
import { ConnectionsAndCi } from './ci-servers.tsx';
import { HookLog } from './hook-log.tsx';
import { Instance } from './instance.tsx';
import { MailAndChat } from './mail.tsx';
import { Parked } from './parked.tsx';
import { People } from './people.tsx';
import { Retention } from './retention.tsx';
import { Roles } from './roles.tsx';
import { Runners } from './runners.tsx';
import { Signers } from './signers.tsx';
import { SignInProviders } from './sign-in.tsx';
import { Tokens } from './tokens.tsx';
import { Unmapped } from './unmapped.tsx';
import { Webhooks } from './webhooks.tsx';
import { Workloads } from './workloads.tsx';

/** The parts of administration, each with an address of its own. */
const PARTS: readonly (readonly [key: string, label: string, body: ComponentType])[] = [
  ['people', 'People', People],
  ['unmapped', 'Unmapped', Unmapped],
  ['roles', 'Roles', Roles],
  ['sign-in', 'Sign-in', SignInProviders],
  ['workloads', 'Workloads', Workloads],
  ['signers', 'Signers', Signers],
  ['tokens', 'Tokens', Tokens],
  ['runners', 'Runners', Runners],
  ['agents', 'Agents', Agents],
  ['parked', 'Parked work', Parked],
  ['audit', 'Audit', Audit],
  ['connections', 'Connections', ConnectionsAndCi],
  ['webhooks', 'Webhooks', Webhooks],
  ['deliveries', 'Deliveries', HookLog],
  ['mail', 'Mail and chat', MailAndChat],
  ['retention', 'Retention', Retention],
  ['instance', 'Instance', Instance],
];

export default function Admin(): ReactNode {
  const { part = 'people' } = useParams({ strict: false }) as { readonly part?: string };
  const found = PARTS.find(([key]) => key === part);
  const Body = found?.[2];
  const here = useRef<HTMLAnchorElement>(null);
  // On a phone the parts scroll sideways: the one that is open must be seen.
  useEffect(() => here.current?.scrollIntoView({ block: 'nearest', inline: 'center' }), [part]);
  return (
    <Page title={found === undefined ? 'Admin' : `Admin: ${found[1]}`}>
      <nav
        aria-label="administration"
        className="flex gap-1 overflow-x-auto border-b border-line pr-8 [mask-image:linear-gradient(to_right,black_calc(100%-2rem),transparent)] sm:flex-wrap sm:overflow-visible sm:pr-0 sm:[mask-image:none]"
      >
        {PARTS.map(([key, label]) => (
          <Link
            key={key}
            to="/admin/$part"
            params={{ part: key } as never}
            ref={key === part ? here : undefined}
            aria-current={key === part ? 'page' : undefined}
            className="flex min-h-9 items-center border-b-2 border-transparent px-3 whitespace-nowrap text-quiet hover:text-ink hover:no-underline aria-[current=page]:border-accent aria-[current=page]:font-medium aria-[current=page]:text-ink"
          >
            {label}
          </Link>
        ))}
      </nav>
      {Body === undefined ? <Empty title="There is no such part of administration.">Choose one above.</Empty> : <Body />}
    </Page>
  );
}
