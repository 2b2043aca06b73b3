import { defineProblem } from '../../kernel/problem.ts';

export const ledgerRewritten = defineProblem<{ origin: string; size: number }>('ledger.rewritten', {
  status: 500,
  sentence: ({ origin, size }) =>
    `The ledger doesn't continue the log that ${origin} signed at ${size} entries: something signed was changed or removed.`,
  remedy:
    'Nothing more is signed. Compare the database with checkpoints.log and your backups; after a restore, open a new epoch with `yardmaster ledger open-epoch --reason`.',
});

export const notInLedger = defineProblem<{ facts: number }>('ledger.not-placed', {
  status: 503,
  sentence: ({ facts }) => `${facts} ${facts === 1 ? 'fact has' : 'facts have'} no place in the ledger under a signed checkpoint yet.`,
  remedy: 'Ask again in a few seconds. If it stays so, look at the log of the server for "ledger".',
});

export const beyondLedger = defineProblem<{ asked: number; size: number }>('ledger.beyond-end', {
  status: 404,
  sentence: ({ asked, size }) => `The ledger has ${size} entries under a signed checkpoint, and ${asked} was asked for.`,
  remedy: 'Ask for a smaller size or position, or wait for the next checkpoint: GET /v1/ledger/checkpoint.',
});

export const nothingToFollow = defineProblem<Record<string, never>>('ledger.nothing-to-follow', {
  status: 409,
  sentence: 'This ledger never signed a checkpoint, so there is no epoch that a new one could follow.',
  remedy: 'Nothing to do: start the server. If you expected a ledger here, look at YARDMASTER_STATE or DATABASE_URL.',
});
