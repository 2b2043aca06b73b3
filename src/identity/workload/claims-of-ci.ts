import type { Witness } from '../../kernel/witness.ts';
import type { Claims } from '../issuer/compact.ts';

/** Longer values are no names, and are left out rather than cut: half a name is another name. */
const LONGEST = 500;

/**
 * What GitHub Actions (docs: "OpenID Connect reference"), GitLab ("ID token payload") and issuers with the same words say of
 * a job, in ours. Asked only of verified claims.
 */
export function witnessIn(claims: Claims, issuer: string, trust: string): Witness {
  const text = (...names: readonly string[]): string | null => {
    for (const name of names) {
      const found = plain(Object.hasOwn(claims, name) ? claims[name] : undefined);
      if (found !== null) return found;
    }
    return null;
  };
  return {
    trust,
    issuer,
    subject: text('sub') ?? '',
    repository: text('repository', 'project_path'),
    repositoryId: text('repository_id', 'project_id'),
    ref: text('ref_path') ?? wholeRef(text('ref'), text('ref_type')),
    refProtected: truth(text('ref_protected')),
    workflow: text('job_workflow_ref', 'workflow_ref', 'ci_config_ref_uri', 'workflow'),
    environment: text('environment'),
    runId: text('run_id', 'pipeline_id'),
    sha: sha(text('sha')),
  };
}

/** GitLab writes the bare name beside its type; GitHub the whole ref. */
function wholeRef(ref: string | null, type: string | null): string | null {
  if (ref === null || ref.startsWith('refs/')) return ref;
  if (type === 'branch') return `refs/heads/${ref}`;
  return type === 'tag' ? `refs/tags/${ref}` : null;
}

function truth(text: string | null): boolean | null {
  return text === 'true' ? true : text === 'false' ? false : null;
}

function sha(text: string | null): string | null {
  return text !== null && /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(text) ? text : null;
}

/** A value on one line, without signs that control a terminal or turn the writing around. */
function plain(value: unknown): string | null {
  const text = typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
  if (typeof text !== 'string' || text === '' || text.length > LONGEST || !text.isWellFormed()) return null;
  return /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(text) ? null : text;
}
