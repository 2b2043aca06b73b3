-- Changes of rules are held against the decisions of the last months, whichever release they are of.
create index decision_at on decision (at);
