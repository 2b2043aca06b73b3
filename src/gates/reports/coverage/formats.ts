import type { JsonFormat, TextFormat, XmlFormat, XmlHead } from '../format.ts';
import type { JsonObject } from '../json.ts';
import type { ByteStream, CoverageCounts } from '../model.ts';
import { readClover } from './clover.ts';
import { readCobertura } from './cobertura.ts';
import { readGoCover } from './go.ts';
import { readJacoco } from './jacoco.ts';
import * as json from './json-coverage.ts';
import { readLcov } from './lcov.ts';
import { readOpenCover } from './opencover.ts';
import { readSonarCoverage } from './sonar.ts';

const topics = ['coverage'] as const;
const xml = (id: string, is: (head: XmlHead) => boolean, read: (bytes: ByteStream) => Promise<CoverageCounts>): XmlFormat => ({
  id,
  topics,
  is,
  read: async (bytes) => ({ coverage: await read(bytes) }),
});
const isClover = ({ attributes, inside }: XmlHead): boolean =>
  attributes['clover'] !== undefined || inside[0] === 'project' || inside[0] === 'testproject';
const isSonar = ({ inside }: XmlHead): boolean =>
  inside[0] === 'file' && (inside[1] === undefined || inside.includes('lineToCover') || inside[1] === 'file');

export const coverageXml: readonly XmlFormat[] = [
  xml('clover', (head) => head.root === 'coverage' && isClover(head), readClover),
  xml('sonar-coverage', (head) => head.root === 'coverage' && isSonar(head), readSonarCoverage),
  xml('cobertura', ({ root }) => root === 'coverage', readCobertura),
  xml(
    'jacoco',
    ({ root, inside }) => root === 'report' && ['sessioninfo', 'group', 'package', 'counter', undefined].includes(inside[0]),
    readJacoco,
  ),
  xml('opencover', ({ root }) => root === 'CoverageSession', readOpenCover),
];

const parsed = (id: string, is: (root: JsonObject) => boolean, read: (root: JsonObject) => CoverageCounts): JsonFormat => ({
  id,
  topics,
  is: ({ root, list }) => list === null && is(root),
  read: ({ root }) => ({ coverage: read(root) }),
});

export const coverageJson: readonly JsonFormat[] = [
  parsed('gcovr', json.isGcovr, json.readGcovr),
  parsed('gcovr-summary', json.isGcovrSummary, json.readGcovrSummary),
  parsed('coverage.py', json.isCoveragePy, json.readCoveragePy),
  parsed('coveralls', json.isCoverallsJson, json.readCoverallsJson),
  parsed('istanbul', json.isIstanbul, json.readIstanbul),
];

export const coverageText: readonly TextFormat[] = [
  {
    id: 'lcov',
    topics,
    is: ({ lines }) => lines.some((line) => /^(?:TN:|SF:)/.test(line)),
    read: async (bytes) => ({ coverage: await readLcov(bytes) }),
  },
  {
    id: 'go-cover',
    topics,
    is: ({ text }) => /^mode: (?:set|count|atomic)\s/.test(text),
    read: async (bytes) => ({ coverage: await readGoCover(bytes) }),
  },
];
