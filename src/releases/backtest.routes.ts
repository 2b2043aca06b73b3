import { backtestPolicy, outcomeSchema, type BacktestItem, type BacktestOutcome } from '../contract/backtest.ts';
import { mount, type Mounted } from '../platform/http/handler.ts';
import { decodeCursor } from '../changes/page.ts';
import { backtestPage, type BacktestPage } from './backtest.api.ts';

/** The HTTP door of changes of rules that are held against history. */
export const backtestRoutes: readonly Mounted[] = [
  mount(backtestPolicy, async ({ tx, body, visible }) => {
    const { change, days, limit } = body;
    const source = body.source ?? null;
    const page = await backtestPage(tx, { change, source, days, limit, after: decodeCursor(body.cursor), visible: await visible() });
    const counts = Object.fromEntries(outcomeSchema.options.map((outcome) => [outcome, 0])) as Record<BacktestOutcome, number>;
    for (const { found } of page.judged) counts[found.outcome] += 1;
    return {
      total: page.total,
      judged: page.judged.length,
      gone: page.gone,
      counts,
      items: page.judged.filter(({ found }) => found.outcome !== 'same').map(itemView),
      next: page.next,
    };
  }),
];

function itemView({ decision, service, found }: BacktestPage['judged'][number]): BacktestItem {
  const { outcome, now, proposed, earliest, because, notRecorded } = found;
  return {
    decision: decision.id,
    release: decision.releaseId,
    service,
    version: decision.version,
    environment: decision.environment,
    at: decision.at,
    recorded: decision.answer.verdict,
    now,
    proposed,
    outcome,
    earliest,
    because: because.map(({ rule, code, text }) => ({ rule, code, text })),
    notRecorded: [...notRecorded],
  };
}
