import { defineProblem } from '../../kernel/problem.ts';

export const keyFileOpen = defineProblem<{ file: string; why: string }>('platform.key-file-open', {
  status: 500,
  sentence: ({ file, why }) => `The key file ${file} is not used: ${why}.`,
  remedy: ({ file }) => `Take these rights away: chmod 600 ${file}. If others had them for long, rotate: yardmaster keys rotate.`,
});
export const keyFileBad = defineProblem<{ file: string; why: string }>('platform.key-file-bad', {
  status: 500,
  sentence: ({ file, why }) => `The key file ${file} can't be used: ${why}.`,
  remedy: 'It holds one key a line: 32 random bytes in base64 (openssl rand -base64 32). Restore it from where you keep it.',
});
export const masterKeyMissing = defineProblem<{ id: string }>('platform.master-key-missing', {
  status: 503,
  sentence: ({ id }) => `The master key ${id} is in use, and this server does not have it.`,
  remedy: 'Give this server the same keys folder (or YARDMASTER_MASTER_KEY_FILE) as the others; it looks again by itself.',
});
export const masterKeyReadOnly = defineProblem<{ file: string }>('platform.master-key-read-only', {
  status: 409,
  sentence: ({ file }) => `The key file ${file} can't be written by this server.`,
  remedy: 'Add a line to it where it comes from (openssl rand -base64 32), on every server; then rotate again.',
});
export const keyServiceFailed = defineProblem<{ why: string }>('platform.key-service', {
  status: 503,
  sentence: ({ why }) => `The key service can't be used: ${why}.`,
  remedy: 'See that it is up and unsealed, and that its token is valid; nothing was changed, and it is tried again.',
});
export const keyInUse = defineProblem<{ id: string; uses: number }>('platform.key-in-use', {
  status: 409,
  sentence: ({ id, uses }) => `The master key ${id} is still needed: ${uses} ${uses === 1 ? 'thing was' : 'things were'} wrapped by it.`,
  remedy: 'Wait until `yardmaster keys` says that nothing uses it, then remove it.',
});
export const keyIsCurrent = defineProblem<{ id: string }>('platform.key-is-current', {
  status: 409,
  sentence: ({ id }) => `The master key ${id} is the current one.`,
  remedy: 'Rotate first: yardmaster keys rotate.',
});
export const noSuchKey = defineProblem<{ id: string }>('platform.no-such-key', {
  status: 404,
  sentence: ({ id }) => `There is no master key ${id}.`,
  remedy: 'See them with: yardmaster keys',
});
export const signingKeyEnded = defineProblem<{ key: string }>('platform.signing-key-ended', {
  status: 503,
  sentence: ({ key }) => `The signing key ${key} is revoked, and it is still the newest: nothing is signed with it.`,
  remedy: 'Make a new one: ym keys rotate-signing. What waits to be signed is tried again by itself.',
});
export const signingKeyCurrent = defineProblem<{ key: string }>('platform.signing-key-current', {
  status: 409,
  sentence: ({ key }) => `The signing key ${key} is the one that signs now.`,
  remedy: 'Rotate first, then revoke it: ym keys rotate-signing.',
});
export const signingKeyOfInstance = defineProblem<{ key: string }>('platform.signing-key-of-instance', {
  status: 409,
  sentence: ({ key }) => `The key ${key} is the instance's own: the ledger's checkpoints and the plans of jobs are signed with it.`,
  remedy: 'It has no end while the instance has none. If it got into wrong hands, set up a new instance; the guide on evidence says how.',
});
export const noSuchSigningKey = defineProblem<{ key: string }>('platform.no-such-signing-key', {
  status: 404,
  sentence: ({ key }) => `There is no signing key ${key}.`,
  remedy: 'See them with: ym keys signing.',
});
export const revokedInFuture = defineProblem<{ from: string }>('platform.signing-key-future', {
  status: 422,
  sentence: ({ from }) => `${from} has not come yet.`,
  remedy: 'A key is revoked from an instant that is over, or from now: leave the instant out.',
});
export const sealedBadly = defineProblem<{ place: string }>('platform.sealed-value', {
  status: 500,
  sentence: 'A sealed value can not be opened: it was changed, moved from another place, or its key is gone.',
  remedy: 'Set the secret again. If you did not change the database by hand, look into who did.',
});
