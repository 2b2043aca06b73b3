import { misused, needed, runDaemon, type Daemon, type DaemonOptions } from '../host/daemon.process.ts';
import { Problem } from '../kernel/problem.ts';
import type { Floor } from '../platform/floor.ts';
import { auditLedger, type Finding } from '../platform/ledger/audit.system.ts';
import { assertLedgerNotRewound, openEpoch } from '../platform/ledger/sequencer.system.ts';
import { withFloor } from './local.system.ts';

const JSON_OPTION = { type: 'boolean', help: 'print one JSON object' } as const;

const AUDIT: Daemon = {
  name: 'ledger audit',
  about: 'Reads the whole ledger again and names every position at which something was changed. Ends with 1 where something was.',
  options: { json: JSON_OPTION },
};

const OPEN_EPOCH: Daemon = {
  name: 'ledger open-epoch',
  about: 'After a restore: goes on with the ledger under a new name, linked in every checkpoint to the last one known of the old.',
  options: { reason: { type: 'string', value: 'TEXT', help: 'why; it stays on record' }, json: JSON_OPTION },
};

const LEDGER: Daemon = { name: 'ledger audit|open-epoch', about: 'What an operator does with the ledger of this instance.', options: {} };

/** `yardmaster ledger audit` and `ledger open-epoch`: with the server's settings, beside servers that run or without any. */
export async function ledgerMain(argv: readonly string[]): Promise<void> {
  const [what, ...rest] = argv;
  if (what === 'audit') return runDaemon(AUDIT, rest, audit);
  if (what === 'open-epoch') return runDaemon(OPEN_EPOCH, rest, newEpoch);
  if (what === '--help' || what === '-h') return runDaemon(LEDGER, argv, async () => undefined);
  misused(LEDGER, what === undefined ? 'say audit or open-epoch' : `there is no "${what}"`);
}

async function audit(values: DaemonOptions): Promise<void> {
  const { entries, checkpoints, findings } = await withFloor(AUDIT, values, async (floor) => {
    const found = await auditLedger(floor);
    return { ...found, findings: [...found.findings, ...(await rewound(floor))] };
  });
  const lines = findings.map(({ position, why }) => `${position === null ? 'log' : `position ${position}`}: ${why}`);
  const summary = `${entries} entries, ${checkpoints} checkpoints: ${lines.length === 0 ? 'nothing was changed' : `${lines.length} findings`}`;
  process.stdout.write(
    values['json'] === true ? `${JSON.stringify({ entries, checkpoints, findings })}\n` : `${[...lines, summary].join('\n')}\n`,
  );
  if (findings.length > 0) process.exit(1);
}

/** What the outside file knows better. */
async function rewound(floor: Floor): Promise<Finding[]> {
  try {
    await assertLedgerNotRewound(floor);
    return [];
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return [{ position: null, why: error.sentence }];
  }
}

async function newEpoch(values: DaemonOptions): Promise<void> {
  const reason = needed(OPEN_EPOCH, values, 'reason').trim();
  if (reason.length < 3 || reason.length > 500) misused(OPEN_EPOCH, '--reason has 3 to 500 characters');
  const origin = await withFloor(OPEN_EPOCH, values, (floor) => openEpoch(floor, reason));
  process.stdout.write(values['json'] === true ? `${JSON.stringify({ origin })}\n` : `The ledger goes on as ${origin}\n`);
}
