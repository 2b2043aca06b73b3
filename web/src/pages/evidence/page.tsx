import { Link, useNavigate } from '@tanstack/react-router';
import { useEffect, useState, type ReactNode } from 'react';
import type { findNodes } from '../../../../src/contract/evidence-search.ts';
import { useAnswer } from '../../api/query.ts';
import { Ago, Field, Loaded, Page, Panel, Tabs, Tag, useKeys, useUrl } from '../../kit/index.ts';
import { Answers } from './answers.tsx';
import { FactList } from './fact-list.tsx';
import { Trace } from './trace.tsx';

/** What happened, why it was allowed, and the proof to take along. */
export default function Evidence(): ReactNode {
  return (
    <Page
      title="Evidence"
      actions={
        <Link to="/evidence/ledger" className="min-h-6">
          The ledger and its checks
        </Link>
      }
    >
      <Find />
      <Tabs
        tabs={[
          { key: 'answers', label: 'Why was it allowed?', body: () => <Answers /> },
          { key: 'trace', label: 'Trace', body: () => <Trace /> },
          { key: 'facts', label: 'Facts', body: () => <FactList /> },
        ]}
      />
    </Page>
  );
}

/** One box for anything an auditor may hold in his hand. */
function Find(): ReactNode {
  const [q, setQ] = useUrl('q');
  const [text, setText] = useState(q);
  const navigate = useNavigate();
  useEffect(() => {
    if (text.trim() === q) return;
    const timer = setTimeout(() => setQ(text.trim()), 250);
    return () => clearTimeout(timer);
    // eslint-disable-next-line react-hooks/exhaustive-deps -- only typing starts the wait
  }, [text]);
  const found = useAnswer<typeof findNodes>('/v1/evidence/find', { query: { q } }, { enabled: q.length >= 2, keep: true });
  useKeys({ f: { label: 'find evidence', run: () => document.querySelector<HTMLInputElement>('input[name=find]')?.focus() } });
  const first = found.data?.items[0];
  return (
    <Panel>
      <form
        role="search"
        onSubmit={(event) => {
          event.preventDefault();
          if (first !== undefined && q === text.trim())
            void navigate({ to: '/evidence', search: { part: 'trace', node: first.id } as never });
        }}
      >
        <Field
          name="find"
          label="Find a release, commit, artifact, deployment, decision or incident"
          type="search"
          placeholder="shop 1.2.0, a commit, sha256:…, rel_…, words of an incident"
          maxLength={200}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      </form>
      {q.length < 2 ? null : (
        <div className="mt-2">
          <Loaded of={found} lines={2}>
            {({ items }) =>
              items.length === 0 ? (
                <p className="text-quiet">Nothing is called that, as far as you may see.</p>
              ) : (
                <ul className="flex flex-wrap gap-2" aria-label="found">
                  {items.map((node) => (
                    <li key={node.id} className="max-w-full min-w-0">
                      <Link
                        to="/evidence"
                        search={{ part: 'trace', node: node.id } as never}
                        className="flex min-h-8 max-w-full min-w-0 items-center gap-2 rounded-md border border-line bg-surface px-2 hover:bg-hover hover:no-underline"
                      >
                        <Tag>{node.kind}</Tag> <bdi className="clip">{node.label}</bdi>
                        {node.at === null ? null : (
                          <span className="text-sm text-quiet">
                            <Ago at={node.at} />
                          </span>
                        )}
                      </Link>
                    </li>
                  ))}
                </ul>
              )
            }
          </Loaded>
        </div>
      )}
    </Panel>
  );
}
