// The fifteen invariants by name. docs: each is a function of what load.mjs read, and of nothing else.
import { applies, approvedAndGated, frozen, happened, repeated } from './acts.mjs';
import { blobs, logs, secrets } from './bytes.mjs';
import { acknowledged, dense, facts, words } from './histories.mjs';
import { restarts, settled, timers } from './timing.mjs';

/** Each answers how many things it looked at and what was wrong. Nothing looked at is wrong too. */
export const invariants = {
  'I1 every acknowledged command survives': acknowledged,
  'I2 no transition lost or doubled': dense,
  'I3 every history is a word of its state machine': words,
  'I4 each act applied once, or repeated under its own id': repeated,
  'I5 never two applies at once in one place': applies,
  'I6 deployed = approved = gated': approvedAndGated,
  'I7 no apply begins in a freeze': frozen,
  'I8 one fact for each change, and the ledger verifies': facts,
  'I9 log bytes stored in order, without gap or double': logs,
  'I10 visible bytes are complete and right': blobs,
  'I11 everything has come to its end': settled,
  'I12 the planted secret is nowhere': secrets,
  'I13 no timer early, none late': timers,
  'I14 starting again starts nothing twice': restarts,
  'I15 what is said to have happened did happen': happened,
};
