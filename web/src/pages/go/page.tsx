import { useNavigate } from '@tanstack/react-router';
import { useEffect, useState, type ReactNode } from 'react';
import type { openLink } from '../../../../src/contract/notify.ts';
import { useAct } from '../../api/query.ts';
import { Empty, Page, Problem, Skeleton } from '../../kit/index.ts';

/** Where a link of a mail comes in. Its secret stands behind the `#`, which is sent to no server; opening it decides nothing. */
export default function Go(): ReactNode {
  const navigate = useNavigate();
  const [link] = useState(() => location.hash.slice(1));
  const { act, problem } = useAct<typeof openLink>('POST', '/v1/notify/open');
  const known = /^ym_go_[0-9a-f]{64}$/.test(link);
  useEffect(() => {
    if (known) void act({ body: { link } }).then((answer) => (answer === null ? undefined : navigate({ href: answer.to, replace: true })));
  }, [act, known, link, navigate]);
  return (
    <Page title="From your mail">
      {!known ? (
        <Empty title="This address is not whole.">Open the link in the mail again, or look into the inbox.</Empty>
      ) : problem === null ? (
        <Skeleton lines={4} />
      ) : (
        <Problem of={problem} />
      )}
    </Page>
  );
}
