import { defineProblem } from '../../kernel/problem.ts';

export const noSuchConnection = defineProblem<{ name: string }>('connections.no-such-connection', {
  status: 404,
  sentence: ({ name }) => `There is no connection ${name}.`,
  remedy: 'See `ym connect list` for those that there are.',
});
export const noSuchVendor = defineProblem<{ vendor: string; known: readonly string[] }>('connections.no-such-vendor', {
  status: 422,
  sentence: ({ vendor, known }) => `${vendor} can't be connected; what can: ${known.join(', ')}.`,
  remedy: 'Name one of these. What has no connector can still tell us things: see `ym record`.',
});
export const nameTaken = defineProblem<{ name: string }>('connections.name-taken', {
  status: 409,
  sentence: ({ name }) => `There is a connection ${name} already.`,
  remedy: 'Give this one another name, or change that one.',
});
export const badConnection = defineProblem<{ wrong: readonly string[] }>('connections.incomplete', {
  status: 422,
  sentence: ({ wrong }) => `The connection can't be made so: ${wrong.join('; ')}.`,
  remedy: 'Correct what is named; `ym connect vendors` lists the fields of each.',
});
export const quiet = defineProblem<{ name: string; until: string }>('connections.quiet', {
  status: 503,
  sentence: ({ name, until }) => `${name} asked to be left alone until ${until}.`,
  remedy: 'It is asked again by itself after that.',
});
export const refused = defineProblem<{ name: string; status: number }>('connections.refused', {
  status: 409,
  sentence: ({ name, status }) => `${name} refuses our credential (status ${status}).`,
  remedy: 'Give it another with `ym connect change`, then `ym connect check`.',
});
export const answeredBadly = defineProblem<{ name: string; status: number; what: string }>('connections.answered-badly', {
  status: 502,
  sentence: ({ name, status, what }) => `${name} answered ${what} with status ${status}.`,
  remedy: 'Look at the connection with `ym connect check`; what can wait is tried again by itself.',
});
export const notJson = defineProblem<{ name: string; what: string }>('connections.not-json', {
  status: 502,
  sentence: ({ name, what }) => `${name} answered ${what} with something that is no JSON.`,
  remedy: 'See whether the address leads to its API and not to a page in front of it.',
});
export const tooManyPages = defineProblem<{ name: string; what: string; most: number }>('connections.too-many-pages', {
  status: 502,
  sentence: ({ name, what, most }) => `${name} has more than ${most} pages of ${what}.`,
  remedy: 'Narrow what is asked for.',
});
export const elsewhere = defineProblem<{ name: string }>('connections.elsewhere', {
  status: 502,
  sentence: ({ name }) =>
    `${name} names an address of another host as its next page; it is not asked, because our credential would go along.`,
  remedy: 'Set the address of the connection to the host that it names for itself.',
});

export const badPayload = defineProblem('connections.bad-payload', {
  status: 422,
  sentence: 'What the webhook brought is no JSON.',
  remedy: 'Set the content type of the webhook to application/json.',
});
export const noForge = defineProblem<{ name: string }>('connections.no-forge', {
  status: 422,
  sentence: ({ name }) => `${name} is no forge: it has no webhooks of repositories.`,
  remedy: 'Choose a connection whose vendor offers "forge"; see `ym connect vendors`.',
});
