import { defineProblem } from '../kernel/problem.ts';

export const noMail = defineProblem('comms.no-mail', {
  status: 409,
  sentence: 'Nobody has said yet how mail is sent from here.',
  remedy: 'An admin says it in Admin, Mail and chat, or with: ym notify mail --host smtp.example.org --sender "Yard <yard@example.org>"',
});
export const badMail = defineProblem<{ wrong: readonly string[] }>('comms.bad-mail-setting', {
  status: 422,
  sentence: ({ wrong }) => `Mail can't be sent this way: ${wrong.join('; ')}.`,
  remedy: 'Correct it and save it again; docs/guide/mail-and-chat.md explains each setting.',
});
export const notSent = defineProblem<{ why: string }>('comms.not-sent', {
  status: 502,
  sentence: ({ why }) => `It was not sent: ${why}.`,
  remedy: 'Look at the settings of mail, and at what the mail server says to them.',
});
export const badPreference = defineProblem<{ wrong: string }>('comms.bad-preference', {
  status: 422,
  sentence: ({ wrong }) => `This can't be kept: ${wrong}.`,
  remedy: 'Correct it and save it again.',
});
export const personNeeded = defineProblem('comms.person-needed', {
  status: 403,
  sentence: 'Only a person is told something, not a bot or a machine.',
  remedy: 'Sign in as yourself.',
});
export const linkOver = defineProblem('comms.link-over', {
  status: 410,
  sentence: 'This link leads nowhere: it is over, or it was made for somebody else.',
  remedy: 'Open the inbox: what is asked of you stands there.',
});
export const noSuchNotice = defineProblem<{ notice: string }>('comms.no-such-notice', {
  status: 404,
  sentence: ({ notice }) => `There is no message ${notice}.`,
  remedy: 'List them with: ym notify deliveries',
});
export const notOver = defineProblem<{ notice: string }>('comms.not-over', {
  status: 409,
  sentence: ({ notice }) => `The message ${notice} is still on its way, or was gathered or dropped.`,
  remedy: 'Only what was sent or parked is sent again.',
});
