-- Whose keyless signatures count for builds that were recorded: Sigstore trust roots, and the identities of certificates.

-- A `trusted_root.json` as its operator publishes it: certificate authorities, logs and time stamp authorities.
create table sigstore_root (
  id text primary key,
  org_id text not null references organisation(id),
  name text not null,
  -- The document, canonical, is a blob.
  document_digest text not null,
  created_by text not null,
  created_at timestamptz(3) not null,
  revoked_at timestamptz(3),
  version int not null default 1
);
select yardmaster_tenant('sigstore_root');
create unique index sigstore_root_standing on sigstore_root (org_id, name) where revoked_at is null;

-- Identities that an admin trusts to sign attestations of what foreign CI builds.
create table recorder_identity (
  id text primary key,
  org_id text not null references organisation(id),
  name text not null,
  -- As the certificate says: the issuer of the identity token, and the subject, with one `*` at its end for any rest without `@`.
  issuer text not null,
  subject text not null,
  -- The source repository that the certificate must name; null: the one of the service.
  repository text,
  -- Names of services; null: all.
  services text[],
  created_by text not null,
  created_at timestamptz(3) not null,
  revoked_at timestamptz(3),
  version int not null default 1
);
select yardmaster_tenant('recorder_identity');
create unique index recorder_identity_standing on recorder_identity (org_id, name) where revoked_at is null;
