import { afterAll } from 'vitest';
import { callerFor } from '../integrations/connections/caller.http.ts';
import { addConnection } from '../integrations/connections/connection.commands.ts';
import type { ConnectionRow } from '../integrations/connections/connection.store.ts';
import { startStub, type Heard, type Says } from '../integrations/connections/stub.fixture.ts';
import type { Caller } from '../integrations/connections/vendor.ts';
import { vendorOf, vendors } from '../integrations/vendors.ts';
import { system } from '../kernel/actor.ts';
import type { Floor } from '../platform/floor.ts';

/** What every vendor's form takes in tests. */
const CREDENTIALS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  github: { token: 'ghp_test' },
  gitlab: { token: 'glpat-test' },
  azure: { token: 'azure-test' },
  gitea: { token: 'gitea-test' },
  bitbucket: { token: 'bitbucket-test' },
  'bitbucket-server': { token: 'bitbucket-test' },
  jira: { user: 'ada@example.org', token: 'jira-test' },
  slack: { token: 'xoxb-test', signingSecret: 'a signing secret of a test' },
  jenkins: { user: 'ada', token: 'jenkins-test' },
};

export type Connected = {
  readonly row: ConnectionRow;
  readonly heard: Heard[];
  readonly url: string;
  caller(): Promise<Caller>;
  /** From now on the other side answers so. */
  answer(with_: (heard: Heard, count: number) => Says | Promise<Says>): void;
};

let made = 0;

/** A connection of a vendor to a stub on this machine, which is closed after the file's last test. `base`: the path of its API. */
export async function connected(
  floor: Floor,
  vendor: string,
  answer: (heard: Heard, count: number) => Says | Promise<Says>,
  options: { readonly base?: string; readonly settings?: Readonly<Record<string, string>> } = {},
): Promise<Connected> {
  let now = answer;
  const stub = await startStub((heard, count) => now(heard, count));
  afterAll(() => stub.close());
  made += 1;
  const row = await addConnection(floor, system(floor.org, 'test'), vendors, {
    name: `${vendor}-${made}`,
    vendor,
    url: `${stub.url}${options.base ?? ''}`,
    settings: options.settings ?? {},
    credential: CREDENTIALS[vendor] ?? {},
  });
  return {
    row,
    heard: stub.heard,
    url: stub.url,
    caller: () => callerFor(floor, floor.org, row.id, vendorOf),
    answer: (with_) => void (now = with_),
  };
}

/** As if what the other side asked for, or refused, were over and the credential given anew. */
export async function openConnectionAgain(floor: Floor, id: string): Promise<void> {
  await floor.db.tx(floor.org, (tx) =>
    tx.write(`update connection set state = 'new', quiet_until = null, version = version + 1 where id = $1`, [id]),
  );
}
