import { expect, test } from 'vitest';
import { checkBom } from './cyclonedx-rules.ts';
import { ReportFault } from './model.ts';

const bom = (specVersion: string, component: object) => ({
  bomFormat: 'CycloneDX',
  specVersion,
  components: [{ name: 'a', type: 'library', version: '1', ...component }],
});
const hash = (alg: string, length: number) => ({ hashes: [{ alg, content: 'a'.repeat(length) }] });

test.each<[since: string, before: string, component: object]>([
  ['1.1', '1.0', { type: 'file' }],
  ['1.2', '1.1', { type: 'firmware' }],
  ['1.2', '1.1', { type: 'container' }],
  ['1.5', '1.4', { type: 'machine-learning-model' }],
  ['1.6', '1.5', { type: 'cryptographic-asset' }],
  ['1.2', '1.1', hash('SHA3-384', 96)],
  ['1.2', '1.1', hash('BLAKE3', 64)],
  ['1.7', '1.6', hash('Streebog-256', 64)],
  ['1.4', '1.3', { version: undefined }],
])('CycloneDX %s brought what %s did not have: %j', (since, before, component) => {
  const given = JSON.parse(JSON.stringify(bom(since, component))) as ReturnType<typeof bom>;
  expect(checkBom(given)).toBe(since);
  expect(() => checkBom({ ...given, specVersion: before })).toThrow(ReportFault);
});
