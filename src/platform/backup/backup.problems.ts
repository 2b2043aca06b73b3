import { defineProblem } from '../../kernel/problem.ts';

export const folderTaken = defineProblem<{ folder: string; why: string }>('backup.folder-taken', {
  status: 409,
  sentence: ({ folder, why }) => `No backup can be written to ${folder}: ${why}.`,
  remedy: 'Name a folder that is empty or not there yet, or one with a backup that was cut off: that one is continued.',
});
export const noSpace = defineProblem<{ folder: string; needed: number; free: number }>('backup.no-space', {
  status: 507,
  sentence: ({ folder, needed, free }) => `There are ${mib(free)} MiB free at ${folder}, and the backup may need ${mib(needed)} MiB.`,
  remedy: 'Free some, name another folder, or give the backup before with --previous: what has not changed takes no space again.',
});
export const notWhole = defineProblem<{ folder: string; why: string }>('backup.not-whole', {
  status: 422,
  sentence: ({ folder, why }) => `The backup in ${folder} is not whole: ${why}.`,
  remedy: 'Do not restore from it. Take an earlier backup, or copy this one again from where it was made.',
});
export const unknownSigner = defineProblem<{ folder: string; signers: readonly string[]; why: string }>('backup.unknown-signer', {
  status: 422,
  sentence: ({ folder, signers, why }) =>
    `Nothing here vouches for the key that signed the backup in ${folder} (${signers.join(', ') || 'none'}): ${why}.`,
  remedy:
    "Put the instance's keys folder into YARDMASTER_KEYS (or STATE.keys), give its public key with --key, or, where the backup was made --with-keys, give --passphrase-file.",
});
export const badPassphrase = defineProblem<Record<string, never>>('backup.bad-passphrase', {
  status: 422,
  sentence: 'The keys in this backup do not open with this passphrase.',
  remedy: 'Give the file with the passphrase that was used with --with-keys.',
});
export const noSealedKeys = defineProblem<{ folder: string }>('backup.no-keys', {
  status: 422,
  sentence: ({ folder }) => `The backup in ${folder} was made without keys.`,
  remedy: "Put a copy of the instance's keys folder into YARDMASTER_KEYS (or STATE.keys), and leave --passphrase-file away.",
});
export const notEmpty = defineProblem<{ what: string }>('restore.not-empty', {
  status: 409,
  sentence: ({ what }) => `A backup is restored into an empty place only, and ${what}.`,
  remedy: 'Name an empty YARDMASTER_STATE (and an empty database in DATABASE_URL). Nothing was changed.',
});
export const schemaUnknown = defineProblem<{ name: string; program: string }>('restore.schema-unknown', {
  status: 409,
  sentence: ({ name, program }) => `The backup was made on a schema that this program does not know (${name}), by version ${program}.`,
  remedy: 'Restore it with that version or a newer one, then upgrade.',
});
export const paused = defineProblem<Record<string, never>>('platform.paused', {
  status: 503,
  sentence: 'This instance came out of a backup and is paused: nothing acts until a person resumes it.',
  remedy: 'See what differs with `ym restore status`, then `ym restore resume --reason TEXT`.',
});

function mib(bytes: number): number {
  return Math.ceil(bytes / 1024 ** 2);
}
