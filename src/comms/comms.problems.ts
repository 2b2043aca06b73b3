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
export const badChannel = defineProblem<{ wrong: string }>('comms.bad-channel', {
  status: 422,
  sentence: ({ wrong }) => `This channel can't be kept: ${wrong}.`,
  remedy: 'Correct it and save it again; docs/guide/mail-and-chat.md shows each kind.',
});
export const channelTaken = defineProblem<{ name: string }>('comms.channel-taken', {
  status: 409,
  sentence: ({ name }) => `There is a channel ${name} already.`,
  remedy: 'Choose another name, or end that one first.',
});
export const noSuchChannel = defineProblem<{ name: string }>('comms.no-such-channel', {
  status: 404,
  sentence: ({ name }) => `There is no channel ${name}.`,
  remedy: 'List them with: ym notify channels',
});
export const noSuchLogin = defineProblem<{ user: string }>('comms.no-such-login', {
  status: 404,
  sentence: ({ user }) => `Nobody is known as ${user} there.`,
  remedy: 'List them with: ym notify logins',
});
/** One answer for whatever is wrong with it: it tells a stranger nothing. */
export const chatRefused = defineProblem('comms.chat-refused', {
  status: 401,
  sentence: 'This was not taken: it is not signed as it should be, or it can not be read.',
  remedy: 'Give the connection the signing secret of the Slack app, and look whether the clocks agree.',
});
