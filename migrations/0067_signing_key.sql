-- Keys that evidence was signed with, by their public halves: what was signed keeps its worth when a key is replaced, and the
-- worth of a key that got into wrong hands ends at an instant. The private halves are files or lie in a key service.
create table signing_key (
  -- sha256 hex of the SPKI DER.
  key_id text primary key,
  public_key_pem text not null,
  kind text not null check (kind in ('file', 'vault')),
  -- Where it is: the name of the file, or the name and version in the key service.
  name text not null,
  created_at timestamptz(3) not null,
  -- What was signed from this instant on counts for nothing; null: the key is good.
  revoked_from timestamptz(3),
  revoked_by text,
  revoked_reason text,
  version int not null default 1
);
