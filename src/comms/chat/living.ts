import { oneLine } from '../notice.ts';

/** What the message of a release says of one environment. */
export type Place = {
  readonly environment: string;
  readonly headline: string;
  readonly missing: readonly string[];
  /** The state of its newest deployment there, with why; null: none. */
  readonly deployment: { readonly state: string; readonly cause: string } | null;
  readonly runs: boolean;
  /** What a vote would be about; null: none is asked for. */
  readonly vote: { readonly intent: string; readonly version: number } | null;
};

export type Living = {
  readonly release: string;
  readonly service: string;
  readonly version: string;
  readonly requestedBy: string | null;
  readonly held: { readonly by: string; readonly reason: string } | null;
  readonly abandoned: boolean;
  readonly places: readonly Place[];
  /** The release's row version: what who stops it has seen. */
  readonly seen: number;
};

export type SlackMessage = { readonly text: string; readonly blocks: readonly unknown[] };

/** Slack takes 50 blocks and 3,000 characters in each text; more places than this are counted. */
const MOST_PLACES = 10;

/** Text as text in Slack's own markup: no link, no mention, no `<!channel>` (https://docs.slack.dev/messaging/formatting-message-text). */
export function slackText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

const plain = (text: string, most = 2900): { type: 'plain_text'; text: string; emoji: false } => ({
  type: 'plain_text',
  text: text.length <= most ? text.toWellFormed() : `${text.slice(0, most - 1).toWellFormed()}…`,
  emoji: false,
});

/** The one message of a release, as it stands now. Nothing in it is markup but ours. */
export function livingMessage(of: Living, publicUrl: string): SlackMessage {
  const title = oneLine(`${of.service} ${of.version}`, 140);
  const shown = of.places.slice(0, MOST_PLACES);
  const more = of.places.length - shown.length;
  const about = [
    of.abandoned ? 'It was given up.' : '',
    of.held === null ? '' : `Held by ${oneLine(of.held.by)}: ${oneLine(of.held.reason)}`,
    of.requestedBy === null ? '' : `Asked for by ${oneLine(of.requestedBy)}.`,
    more > 0 ? `${more} more environments are on its page.` : '',
  ].filter((line) => line !== '');
  const over = of.abandoned;
  return {
    text: slackText(`${title}: ${oneLine(shown.map((place) => `${place.environment}: ${stateOf(place)}`).join('; '), 2000)}`),
    blocks: [
      { type: 'header', text: plain(title, 150) },
      ...(about.length === 0 ? [] : [{ type: 'section', text: plain(about.join('\n')) }]),
      ...shown.flatMap((place) => placeBlocks(of, place, over)),
      {
        type: 'actions',
        block_id: 'release',
        elements: [
          { type: 'button', action_id: 'open', text: plain('Open'), url: `${publicUrl}/releases/${of.release}` },
          ...(over || of.held !== null ? [] : [button('hold', 'Hold it', { r: of.release, v: of.seen }, 'danger')]),
        ],
      },
    ],
  };
}

function stateOf({ deployment, runs, headline }: Place): string {
  if (runs) return 'it serves here.';
  if (deployment !== null && deployment.state !== 'waiting' && deployment.state !== 'requested')
    return `${deployment.state}: ${deployment.cause}`;
  return headline;
}

function placeBlocks(of: Living, place: Place, over: boolean): unknown[] {
  const lines = [
    `${place.environment}: ${oneLine(stateOf(place), 600)}`,
    ...(place.runs ? [] : place.missing.slice(0, 5).map((one) => `- ${oneLine(one, 400)}`)),
  ];
  const section = { type: 'section', text: plain(lines.join('\n')) };
  if (over || place.vote === null) return [section];
  const value = { r: of.release, e: place.environment, i: place.vote.intent, v: place.vote.version };
  return [
    section,
    {
      type: 'actions',
      block_id: `vote ${place.environment}`.slice(0, 255).toWellFormed(),
      elements: [button('approve', `Approve for ${place.environment}`, value, 'primary'), button('reject', 'Reject', value, 'danger')],
    },
  ];
}

function button(action: string, label: string, value: unknown, style: 'primary' | 'danger'): unknown {
  return { type: 'button', action_id: action, text: plain(label, 75), value: JSON.stringify(value), style };
}

/** The form in which somebody says why: nothing is decided by one touch. */
export function reasonForm(act: 'approve' | 'reject' | 'hold', value: string, about: string): unknown {
  const word = { approve: 'Approve', reject: 'Reject', hold: 'Hold' }[act];
  return {
    type: 'modal',
    callback_id: act,
    private_metadata: value,
    title: plain(word, 24),
    submit: plain(word, 24),
    close: plain('Cancel', 24),
    blocks: [
      { type: 'section', text: plain(oneLine(about, 300)) },
      {
        type: 'input',
        block_id: 'reason',
        label: plain('Why'),
        element: { type: 'plain_text_input', action_id: 'text', multiline: true, min_length: 1, max_length: 2000 },
      },
    ],
  };
}
