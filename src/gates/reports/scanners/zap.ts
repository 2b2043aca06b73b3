import type { JsonObject } from '../json.ts';
import { objectsIn, textAt } from '../json.ts';
import type { ByteStream, Contents, Severity } from '../model.ts';
import type { XmlNode } from '../xml-records.ts';
import { childrenOf, child, readRecords, textOf } from '../xml-records.ts';
import { cweIn, objectFormat, Scan } from './scan.ts';

const RISKS: readonly Severity[] = ['info', 'low', 'medium', 'high'];
const plain = (html: string | null): string => (html ?? '').replace(/<[^>]{0,500}>/g, ' ').trim();

type Alert = {
  readonly rule: string | null;
  readonly name: string | null;
  readonly risk: string | null;
  readonly words: string | null;
  readonly cwe: string | null;
  readonly at: string;
  readonly confidence: string | null;
};

function add(scan: Scan, { rule, name, risk, words, cwe, at, confidence }: Alert): void {
  const number = Number(cwe ?? 0);
  scan.add({
    rule: rule ?? name ?? 'unknown',
    severity: RISKS[Number(risk ?? 1)] ?? 'medium',
    message: `${name ?? ''}: ${plain(words)}`,
    file: at,
    identity: [rule, name],
    cwe: number > 0 ? cweIn(number) : [],
    // Confidence 0: ZAP itself calls it a false positive.
    suppressed: confidence === '0',
  });
}

/** ZAP's XML report: one finding for each alert of each site, with the first address that showed it. */
export async function readZapXml(bytes: ByteStream): Promise<Contents> {
  const scan = new Scan('zap');
  let site = '';
  await readRecords(bytes, {
    isRecord: (name) => name === 'alertitem',
    open(name, attributes) {
      if (name === 'site') site = attributes['name'] ?? '';
    },
    record(node: XmlNode) {
      const [instance] = childrenOf(child(node, 'instances'), 'instance');
      add(scan, {
        rule: textOf(node, 'pluginid'),
        name: textOf(node, 'name') ?? textOf(node, 'alert'),
        risk: textOf(node, 'riskcode'),
        words: textOf(node, 'desc'),
        cwe: textOf(node, 'cweid'),
        at: textOf(instance, 'uri') ?? textOf(node, 'uri') ?? site,
        confidence: textOf(node, 'confidence'),
      });
    },
  });
  return scan.contents;
}

/** ZAP's traditional JSON report. */
export const zapJson = objectFormat(
  'zap',
  'zap',
  (root) =>
    sites(root).some((one) => Array.isArray(one['alerts'])) &&
    (root['@version'] !== undefined || root['@generated'] !== undefined || root['@programName'] !== undefined),
  (scan, root) => {
    for (const site of sites(root))
      for (const alert of objectsIn(site['alerts'])) {
        const [instance] = objectsIn(alert['instances']);
        add(scan, {
          rule: textAt(alert, 'pluginid'),
          name: textAt(alert, 'name') ?? textAt(alert, 'alert'),
          risk: textAt(alert, 'riskcode'),
          words: textAt(alert, 'desc'),
          cwe: textAt(alert, 'cweid'),
          at: textAt(instance, 'uri') ?? textAt(site, '@name') ?? '',
          confidence: textAt(alert, 'confidence'),
        });
      }
  },
);

function sites(root: JsonObject): readonly JsonObject[] {
  const value = root['site'];
  return Array.isArray(value) ? objectsIn(value) : objectsIn([value]);
}
