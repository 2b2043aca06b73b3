import type { JsonFormat, TextFormat, XmlFormat } from '../format.ts';
import type { ByteStream, Contents } from '../model.ts';
import { LIMITS } from '../model.ts';
import { decodeText } from '../text.ts';
import * as code from './code.ts';
import { parseCsv } from './csv.ts';
import { dependencyCheckJson, readDependencyCheckXml } from './dependency-check.ts';
import { genericJson, readGenericCsv, readPmdCsv } from './generic.ts';
import { grype } from './grype.ts';
import { readCheckstyle, readCppcheck, readPmd, readSpotBugs } from './lint-xml.ts';
import * as node from './node.ts';
import * as python from './python.ts';
import { Scan } from './scan.ts';
import * as secrets from './secrets.ts';
import * as services from './services.ts';
import { readSonarHtml } from './sonar-html.ts';
import * as sonar from './sonar.ts';
import * as supply from './supply.ts';
import { trivyOperator } from './trivy-operator.ts';
import { trivy, trivyCluster, trivyLegacy } from './trivy.ts';
import { csaf, openVex } from './vex.ts';
import { readZapXml, zapJson } from './zap.ts';

const topics = ['findings'] as const;
const xml = (id: string, is: XmlFormat['is'], read: (bytes: ByteStream) => Promise<Contents>): XmlFormat => ({ id, topics, is, read });

export const scannerXml: readonly XmlFormat[] = [
  xml('zap', ({ root }) => root === 'OWASPZAPReport', readZapXml),
  xml('dependency-check', ({ root }) => root === 'analysis', readDependencyCheckXml),
  xml('spotbugs', ({ root }) => root === 'BugCollection', readSpotBugs),
  xml('checkstyle', ({ root }) => root === 'checkstyle', readCheckstyle),
  xml('pmd', ({ root }) => root === 'pmd', readPmd),
  xml('cppcheck', ({ root, inside }) => root === 'results' && inside[0] === 'cppcheck', readCppcheck),
];

/** `[]` is what many scanners write where they found nothing, some of them `null`. */
const nothing: JsonFormat = {
  id: 'empty-list',
  topics,
  is: ({ list, values }) => list?.length === 0 || (values.length === 1 && values[0] === null),
  read: () => ({ findings: [] }),
};

/** Scanners' JSON. The order counts: what is told apart by more stands before what is told apart by less. */
export const scannerJson: readonly JsonFormat[] = [
  nothing,
  services.noResults,
  openVex,
  csaf,
  grype,
  trivyOperator,
  trivyCluster,
  trivy,
  trivyLegacy,
  python.bandit,
  python.safety,
  python.pipAudit,
  python.pipAuditOld,
  supply.cargoAudit,
  supply.dependencyTrack,
  supply.osvScanner,
  supply.govulncheck,
  supply.snyk,
  services.snykIac,
  supply.githubVulnerabilities,
  node.npmAudit,
  node.npmAudit6,
  node.yarnAudit,
  services.bunAudit,
  node.eslint,
  secrets.gitleaks,
  secrets.gitleaksLegacy,
  secrets.detectSecrets,
  secrets.trufflehog,
  secrets.githubSecrets,
  code.checkov,
  code.kics,
  code.tfsec,
  code.semgrep,
  services.semgrepSupply,
  code.hadolint,
  services.golangciLint,
  services.staticcheck,
  code.gosec,
  code.brakeman,
  code.githubCode,
  code.codeQuality,
  code.gitlab,
  sonar.sonarApi,
  sonar.sonarReport,
  sonar.sonarGate,
  sonar.sonarIssues,
  services.sonarRisks,
  dependencyCheckJson,
  zapJson,
  genericJson,
];

const csv = (
  id: string,
  columns: readonly string[],
  read: (scan: Scan, rows: readonly Readonly<Record<string, string>>[]) => void,
): TextFormat => ({
  id,
  topics,
  is: ({ lines }) => {
    const header = (lines[0] ?? '').split(',').map((name) => name.trim().replace(/^"|"$/g, ''));
    return columns.every((name) => header.includes(name));
  },
  read: async (bytes) => {
    const parts: string[] = [];
    for await (const text of decodeText(bytes, LIMITS.jsonBytes)) parts.push(text);
    const scan = new Scan(id);
    read(scan, parseCsv(parts.join('')));
    return scan.contents;
  },
});

export const scannerText: readonly TextFormat[] = [
  { id: 'sonar-report', topics, is: ({ text }) => /^<[!h]/i.test(text) && /<title>SonarQube/.test(text), read: readSonarHtml },
  csv('pmd', ['Problem', 'Package', 'File', 'Priority', 'Rule'], readPmdCsv),
  csv('generic', ['Title', 'Severity'], readGenericCsv),
];
