import * as contract from '../../contract/debts.ts';
import type { Column } from '../../kernel/csv.ts';
import { mountCsv } from '../../platform/http/csv.ts';
import { mount, type Mounted } from '../../platform/http/handler.ts';
import { debtsPage, type DebtsAsked } from './debts.views.ts';

const COLUMNS: readonly Column<contract.DebtView>[] = [
  { title: 'id', of: (one) => one.id },
  { title: 'kind', of: (one) => one.kind },
  { title: 'state', of: (one) => one.state },
  { title: 'team', of: (one) => one.team },
  { title: 'service', of: (one) => one.service },
  { title: 'environment', of: (one) => one.environment },
  { title: 'subject', of: (one) => one.subject },
  { title: 'owner', of: (one) => one.owner.name },
  { title: 'requested by', of: (one) => one.requestedBy.name },
  { title: 'approver', of: (one) => one.approver?.name },
  { title: 'reason', of: (one) => one.reason },
  { title: 'ticket', of: (one) => one.ticket },
  { title: 'price in minor units', of: (one) => one.price?.minor },
  { title: 'currency', of: (one) => one.price?.currency },
  { title: 'made at', of: (one) => one.createdAt },
  { title: 'ends or due at', of: (one) => one.endsAt },
  { title: 'overdue', of: (one) => one.overdue },
  { title: 'then', of: (one) => one.then },
];

/** The HTTP doors of the ledger of exceptions. Its acts are those of waivers. */
export const debtsRoutes: readonly Mounted[] = [
  mount(contract.listDebts, async ({ tx, actor, query, visible }) => debtsPage(tx, actor, query, await visible())),
  mountCsv<contract.DebtView>(contract.debtsCsv, COLUMNS, async ({ tx, actor, query, visible }) =>
    debtsPage(tx, actor, query as DebtsAsked, await visible()),
  ),
];
