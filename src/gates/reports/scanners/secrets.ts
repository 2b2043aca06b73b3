import type { JsonObject } from '../json.ts';
import { asObject, member, objectAt, objectsIn, textAt } from '../json.ts';
import { lineAt, listFormat, objectFormat, severityOf, streamFormat, word, type Scan } from './scan.ts';

/** What a secret is known by without keeping it: never in a message, only in the fingerprint. */
const hidden = (secret: string | null): unknown => ['secret', secret ?? ''];

function leak(scan: Scan, one: JsonObject): void {
  const eight = textAt(one, 'RuleID') !== null;
  const rule = textAt(one, eight ? 'RuleID' : 'rule') ?? 'secret';
  const file = textAt(one, eight ? 'File' : 'file') ?? '';
  const secret = textAt(one, eight ? 'Secret' : 'offender');
  const line = lineAt(one, eight ? 'StartLine' : 'lineNumber');
  scan.add({
    rule,
    severity: 'high',
    message: `${textAt(one, eight ? 'Description' : 'rule') ?? rule} in ${file}`,
    file,
    line,
    identity: hidden(secret),
    // The same secret in the same line is told once for each commit that touched it.
    once: [rule, file, secret, line],
  });
}

/** Gitleaks' JSON: 8 and later. */
export const gitleaks = listFormat(
  'gitleaks',
  'gitleaks',
  (root) => textAt(root, 'RuleID') !== null && 'Secret' in root,
  (scan, leaks) => leaks.forEach((one) => leak(scan, one)),
);
/** Gitleaks' JSON before 8. */
export const gitleaksLegacy = listFormat(
  'gitleaks',
  'gitleaks',
  (root) => 'offender' in root && 'commit' in root,
  (scan, leaks) => leaks.forEach((one) => leak(scan, one)),
);

/** detect-secrets' baseline: results by file. One that a person called no secret still counts, as suppressed. */
export const detectSecrets = objectFormat(
  'detect-secrets',
  'detect-secrets',
  (root) => objectAt(root, 'results') !== null && Array.isArray(root['plugins_used']),
  (scan, root) => {
    for (const [file, list] of Object.entries(objectAt(root, 'results') ?? {}))
      for (const one of objectsIn(list))
        scan.add({
          rule: textAt(one, 'type') ?? 'secret',
          severity: 'high',
          message: `${textAt(one, 'type') ?? 'A secret'} in ${file}`,
          file,
          line: lineAt(one, 'line_number'),
          identity: hidden(textAt(one, 'hashed_secret')),
          suppressed: member(one, 'is_secret') === false,
        });
  },
);

/** TruffleHog 3's JSON Lines (verified secrets are critical), and 2's. */
export const trufflehog = streamFormat(
  'trufflehog',
  'trufflehog',
  (root) => objectAt(root, 'SourceMetadata') !== null || (Array.isArray(root['stringsFound']) && 'commitHash' in root),
  (scan, lines) => {
    for (const one of lines) {
      // Lines of its log are no findings.
      if (one['SourceMetadata'] === undefined && one['stringsFound'] === undefined) continue;
      const place = Object.values(objectAt(objectAt(one, 'SourceMetadata'), 'Data') ?? {})
        .map(asObject)
        .find((data) => data !== null);
      const rule = textAt(one, 'DetectorName') ?? textAt(one, 'reason') ?? 'secret';
      const file = textAt(place, 'file') ?? textAt(one, 'path') ?? textAt(place, 'link') ?? '';
      const verified = member(one, 'Verified') === true;
      scan.add({
        rule,
        once: [
          rule,
          file,
          lineAt(place, 'line'),
          textAt(one, 'Raw') ?? JSON.stringify(one['stringsFound'] ?? ''),
          place === undefined ? textAt(one, 'commitHash') : null,
        ],
        severity: verified ? 'critical' : place === undefined ? 'high' : 'medium',
        message: `${rule} in ${file}${verified ? ', verified: it works' : ''}`,
        file,
        line: lineAt(place, 'line'),
        identity: hidden(textAt(one, 'Raw') ?? JSON.stringify(one['stringsFound'] ?? '')),
      });
    }
  },
);

/** GitHub's secret scanning alerts (REST). What was resolved there is suppressed. */
export const githubSecrets = listFormat(
  'github-secrets',
  'github secret scanning',
  (root) => textAt(root, 'secret_type') !== null && 'locations_url' in root,
  (scan, alerts) => {
    for (const one of alerts) {
      const place = objectAt(objectAt(one, 'first_location_detected'), 'details') ?? objectAt(one, 'first_location_detected');
      scan.add({
        rule: textAt(one, 'secret_type') ?? 'secret',
        severity: textAt(one, 'validity') === 'active' ? 'critical' : severityOf(null, 'high'),
        message: textAt(one, 'secret_type_display_name') ?? '',
        file: textAt(place, 'path') ?? textAt(one, 'html_url'),
        line: lineAt(place, 'start_line'),
        identity: ['alert', word(one, 'number')],
        suppressed: textAt(one, 'state') === 'resolved',
      });
    }
  },
);
