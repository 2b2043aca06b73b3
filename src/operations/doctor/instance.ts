import type { Finding } from '../../contract/doctor.ts';
import { count, fail, ok, some, warn } from './finding.ts';

/** What the database says of itself and of the instance. */
export type DatabaseFacts = {
  /** `server_version_num`: 150004. */
  readonly version: number;
  readonly fsync: boolean;
  readonly fullPageWrites: boolean;
  readonly synchronousCommit: string;
  readonly maxConnections: number;
  readonly pool: number;
  readonly servers: number;
  readonly superuser: boolean;
  readonly bypassesRls: boolean;
  /** Tables of tenants whose rows are not walled off. */
  readonly unwalled: readonly string[];
  /** Rows that a stranger's transaction sees: 0 where the wall stands. */
  readonly seenByStranger: number;
  /** The database's clock minus this process's, in milliseconds. */
  readonly skewMs: number;
};

export type InstanceFacts = {
  readonly now: string;
  readonly ledger: {
    readonly problem: string | null;
    readonly size: number;
    readonly checkpointAt: string | null;
    readonly verifies: boolean | null;
    readonly waiting: number;
    readonly oldestWaitingMs: number;
  };
  readonly backup: { readonly at: string | null; readonly failed: string | null };
  readonly keys: {
    readonly ageDays: number | null;
    readonly unusedOld: readonly string[];
    readonly waiting: boolean;
    readonly retiring: number;
  };
  /** Names of tokens that end within two weeks. */
  readonly endingTokens: readonly string[];
  readonly silentAgents: readonly string[];
  readonly silentRunners: readonly string[];
  readonly runners: number;
  readonly parked: number;
  readonly waitingJobs: number;
  readonly oldestJobMs: number;
};

export function judgeDatabase(facts: DatabaseFacts): Finding[] {
  const found: Finding[] = [];
  const major = Math.floor(facts.version / 10_000);
  found.push(
    major >= 15 ? ok('database', `PostgreSQL ${major}.`) : fail('database', `PostgreSQL ${major} is too old.`, 'Use 15 or newer.'),
  );
  const unsafe = [
    ...(facts.fsync ? [] : ['fsync']),
    ...(facts.fullPageWrites ? [] : ['full_page_writes']),
    ...(facts.synchronousCommit === 'off' ? ['synchronous_commit'] : []),
  ];
  if (unsafe.length > 0)
    found.push(
      fail(
        'durability',
        `The database may lose what it acknowledged: ${unsafe.join(', ')} off.`,
        'Switch them on; a release that was approved must survive a power cut.',
      ),
    );
  else found.push(ok('durability', 'What the database acknowledges survives a power cut.'));
  // Each server holds one more for notifications; some are for people and backups.
  const needed = Math.max(1, facts.servers) * (facts.pool + 1) + 5;
  if (needed > facts.maxConnections)
    found.push(
      fail(
        'connections',
        `${count(Math.max(1, facts.servers), 'server')} may need ${needed} connections, and the database gives ${facts.maxConnections}.`,
        'Raise max_connections, or lower YARDMASTER_DATABASE_POOL.',
      ),
    );
  else found.push(ok('connections', `${needed} of ${facts.maxConnections} connections may be needed.`));
  if (facts.superuser || facts.bypassesRls)
    found.push(
      warn(
        'wall',
        `The database role ${facts.superuser ? 'is a superuser' : 'bypasses row-level security'}: nothing keeps organisations apart but our own code.`,
        'Use a role of its own: NOSUPERUSER NOBYPASSRLS, owner of its database.',
      ),
    );
  else if (facts.unwalled.length > 0 || facts.seenByStranger > 0)
    found.push(
      fail(
        'wall',
        `Row-level security does not hold: ${facts.unwalled.length > 0 ? some(facts.unwalled) : `${count(facts.seenByStranger, 'row')} can be seen by a stranger`}.`,
        'Somebody changed the schema; restore it from the migrations.',
      ),
    );
  else found.push(ok('wall', 'Row-level security keeps organisations apart.'));
  found.push(clock(facts.skewMs, 'the database'));
  return found;
}

/** A finding about two clocks. */
export function clock(skewMs: number, whose: string): Finding {
  const off = Math.abs(skewMs);
  const says = `The clock of ${whose} is ${(off / 1000).toFixed(1)} s ${skewMs > 0 ? 'ahead' : 'behind'}.`;
  const remedy = 'Let both machines keep time by NTP. Decisions go by the database’s clock alone.';
  if (off > 30_000) return fail('clock', says, remedy);
  return off > 2000 ? warn('clock', says, remedy) : ok('clock', `The clock of ${whose} agrees.`);
}

export function judgeInstance(facts: InstanceFacts): Finding[] {
  return [ledger(facts), backups(facts), ...keys(facts), ...credentials(facts), ...machines(facts), ...work(facts)];
}

function ledger({ ledger: facts }: InstanceFacts): Finding {
  if (facts.problem !== null) return fail('ledger', facts.problem, 'See docs/guide/run-it.md, and: yardmaster ledger audit');
  if (facts.verifies === false)
    return fail(
      'ledger',
      `The newest checkpoint over ${facts.size} facts does not verify.`,
      'Somebody changed history, or a signing key is missing: yardmaster ledger audit',
    );
  if (facts.oldestWaitingMs > 60_000)
    return warn(
      'ledger',
      `${count(facts.waiting, 'fact')} wait to be placed for ${Math.round(facts.oldestWaitingMs / 1000)} s.`,
      'Is a server running? Look at its log for the sequencer.',
    );
  if (facts.checkpointAt === null) return ok('ledger', 'The ledger is empty.');
  return ok('ledger', `${facts.size} facts; the newest checkpoint verifies.`);
}

function backups({ backup: { at, failed }, now }: InstanceFacts): Finding {
  const remedy = 'Make one: ym backup, or set YARDMASTER_BACKUPS and YARDMASTER_BACKUP_EVERY; docs/guide/backup-and-upgrade.md shows how.';
  if (at === null)
    return warn('backup', failed === null ? 'There is no backup that this instance knows of.' : 'No backup was ever completed.', remedy);
  const hours = Math.floor((Date.parse(now) - Date.parse(at)) / 3_600_000);
  const says = `The last backup is ${hours < 48 ? count(hours, 'hour') : count(Math.floor(hours / 24), 'day')} old.`;
  if (failed !== null) return warn('backup', `${says} A later one failed.`, 'See why: ym backup list');
  return hours > 48 ? warn('backup', says, remedy) : ok('backup', says);
}

function keys({ keys: { ageDays, unusedOld, waiting, retiring } }: InstanceFacts): Finding[] {
  const found: Finding[] = [];
  if (waiting) found.push(warn('master-key', 'A new master key waits until every server knows it.', 'See which does not: ym keys'));
  if (unusedOld.length > 0)
    found.push(warn('master-key', `Nothing uses ${some(unusedOld)} any more.`, `Remove it: ym keys remove ${unusedOld[0] ?? ''}`));
  if (ageDays !== null && ageDays > 400)
    found.push(warn('master-key', `The master key is ${ageDays} days old.`, 'Rotate it: ym keys rotate'));
  if (found.length === 0)
    found.push(
      ok(
        'master-key',
        ageDays === null
          ? 'No secret was stored yet.'
          : `The master key is ${count(ageDays, 'day')} old${retiring > 0 ? `; ${count(retiring, 'data key')} being replaced` : ''}.`,
      ),
    );
  return found;
}

function credentials({ endingTokens }: InstanceFacts): Finding[] {
  if (endingTokens.length === 0) return [ok('tokens', 'No token ends within two weeks.')];
  return [warn('tokens', `These tokens end within two weeks: ${some(endingTokens)}.`, 'Make new ones for what uses them: ym token create')];
}

function machines({ silentAgents, silentRunners, runners }: InstanceFacts): Finding[] {
  const found: Finding[] = [];
  if (silentAgents.length > 0)
    found.push(
      warn(
        'agents',
        `Not heard of for ten minutes: ${some(silentAgents)}.`,
        'What they run goes on; start them again, or end their keys: ym agent list',
      ),
    );
  if (silentRunners.length > 0)
    found.push(
      warn('runners', `Not heard of for ten minutes: ${some(silentRunners)}.`, 'Start them again, or end their keys: ym runner revoke'),
    );
  if (silentRunners.length === runners)
    found.push(
      warn(
        'runners',
        runners === 0 ? 'There is no runner: nothing can be built.' : 'No runner is there: nothing is built.',
        'Add one: ym runner register',
      ),
    );
  if (found.length === 0) found.push(ok('machines', 'Every runner and agent was heard of.'));
  return found;
}

function work({ parked, waitingJobs, oldestJobMs }: InstanceFacts): Finding[] {
  const found: Finding[] = [];
  if (parked > 0)
    found.push(warn('parked', `${count(parked, 'job')} failed for the last time.`, 'See them and run them again: ym parked list'));
  if (oldestJobMs > 5 * 60_000)
    found.push(
      warn(
        'jobs',
        `${count(waitingJobs, 'job')} wait; the oldest since ${Math.round(oldestJobMs / 60_000)} minutes.`,
        'Is a server running? YARDMASTER_JOBS sets how many it does at once.',
      ),
    );
  if (found.length === 0) found.push(ok('work', 'Durable work goes on; nothing is parked.'));
  return found;
}

/** Migrations that were not applied yet. */
export function judgeSchema(pending: readonly string[], newer: readonly string[]): Finding {
  if (newer.length > 0)
    return warn(
      'schema',
      `A newer server has migrated this database: ${some(newer)}.`,
      'Finish the upgrade: run that version on every server.',
    );
  if (pending.length === 0) return ok('schema', 'The schema is that of this version.');
  return warn(
    'schema',
    `These migrations are applied at the next start: ${some(pending)}.`,
    'Make a backup first; docs/guide/backup-and-upgrade.md tells how to upgrade.',
  );
}
