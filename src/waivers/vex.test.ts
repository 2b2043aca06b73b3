import { expect, test } from 'vitest';
import { openVex, type AcceptedFinding } from './vex.ts';

const now = '2026-11-28T12:00:00.000Z';
const one = (subject: string, id = 'wvr_1'): AcceptedFinding => ({
  id,
  subject,
  reason: 'no way to reach it "from outside"',
  ticket: 'OPS-1',
  expiresAt: '2026-12-28T00:00:00.000Z',
  decidedAt: '2026-11-01T00:00:00.000Z',
});

test('what was accepted is said as affected, with what is done and until when', () => {
  const { document, left } = openVex('shop', [one('cve:CVE-2026-2'), one('cve:GHSA-AAAA-BBBB-CCCC'), one('cve:CVE-2026-1')], {
    author: 'acme',
    now,
  });
  expect(left).toBe(0);
  expect(document.statements.map((statement) => statement.vulnerability.name)).toEqual(['CVE-2026-1', 'CVE-2026-2', 'GHSA-AAAA-BBBB-CCCC']);
  expect(document.statements[0]).toEqual({
    vulnerability: { name: 'CVE-2026-1' },
    timestamp: '2026-11-01T00:00:00.000Z',
    products: [{ '@id': 'pkg:generic/shop' }],
    status: 'affected',
    action_statement: 'Accepted until 2026-12-28T00:00:00.000Z (wvr_1, OPS-1): no way to reach it "from outside"',
  });
});

test('what names no vulnerability is counted and not written; the same statements have the same id', () => {
  const made = (list: AcceptedFinding[], at = now) => openVex('shop', list, { author: 'acme', now: at });
  expect(made([one('purl:pkg:npm/left-pad@1.0.0'), one(`fingerprint:sha256:${'a'.repeat(64)}`)])).toMatchObject({
    left: 2,
    document: { statements: [] },
  });
  const [a, b] = [one('cve:CVE-2026-1'), one('cve:CVE-2026-2', 'wvr_2')];
  expect(made([a, b]).document['@id']).toBe(made([b, a], '2027-01-01T00:00:00.000Z').document['@id']);
  expect(made([a]).document['@id']).not.toBe(made([a, b]).document['@id']);
});
