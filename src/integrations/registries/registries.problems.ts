import { defineProblem } from '../../kernel/problem.ts';

type At = { readonly host: string };

export const answered = defineProblem<At & { status: number; what: string; said: string }>('registries.answered-badly', {
  status: 502,
  sentence: ({ host, status, what, said }) => `${host} answered ${what} with status ${status}${said === '' ? '' : `: ${said}`}.`,
  remedy: 'Look at the connection with `ym connect check`; what can wait is tried again by itself.',
});
export const refused = defineProblem<At & { status: number; what: string }>('registries.refused', {
  status: 409,
  sentence: ({ host, status, what }) => `${host} refuses ${what} to our credential (status ${status}).`,
  remedy: 'Give the connection a credential that may push there: `ym connect change`, then `ym connect check`.',
});
export const notThere = defineProblem<At & { what: string }>('registries.not-there', {
  status: 404,
  sentence: ({ host, what }) => `${host} has no ${what}.`,
  remedy: 'See whether it was pushed, and whether the address and the repository are those of the registry that holds it.',
});
export const wrongDigest = defineProblem<At & { what: string; expected: string; found: string }>('registries.wrong-digest', {
  status: 502,
  sentence: ({ host, what, expected, found }) => `${host} gave other bytes for ${what}: ${found}, not ${expected}.`,
  remedy: 'Nothing was taken from it. Find out who changed what lies there before you try again.',
});
export const badManifest = defineProblem<At & { what: string; why: string }>('registries.bad-manifest', {
  status: 502,
  sentence: ({ host, what, why }) => `${host} gave a manifest for ${what} that is not taken: ${why}.`,
  remedy: 'Push the image anew with a current tool, as an OCI image manifest or index, or Docker manifest version 2 schema 2.',
});
export const tokenElsewhere = defineProblem<At & { realm: string }>('registries.token-elsewhere', {
  status: 409,
  sentence: ({ host, realm }) => `${host} asks to sign in at ${realm}, which is another host; our credential was not sent there.`,
  remedy: 'If that is its token service, name its host in the setting tokenService: ym connect change NAME --set tokenService=HOST.',
});
export const elsewhere = defineProblem<At & { to: string }>('registries.elsewhere', {
  status: 502,
  sentence: ({ host, to }) => `${host} asks to upload at ${to}, which is another address; nothing was sent there.`,
  remedy: 'Set the address of the connection to the one that the registry names for itself (behind a proxy: its X-Forwarded-Proto).',
});
export const taken = defineProblem<At & { what: string; holds: string }>('registries.taken', {
  status: 409,
  sentence: ({ host, what, holds }) => `${what} at ${host} is there already with other bytes: ${holds}.`,
  remedy: 'What was released is never overwritten. Release under another version, or promote to another place.',
});
export const badSettings = defineProblem<{ why: string }>('registries.bad-settings', {
  status: 422,
  sentence: ({ why }) => `It can't be promoted there: ${why}.`,
  remedy: 'Correct what is named; `ym promotion destinations` shows each destination with its connection.',
});
