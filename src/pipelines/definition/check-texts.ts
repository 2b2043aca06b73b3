import type { Diagnostic } from '../../kernel/diagnostic.ts';
import type { YamlDocument, YamlPath } from '../../kernel/yaml.ts';

/**
 * Checks on every text of the file, whatever its shape: no expression where none is evaluated (above all not in
 * scripts, where an outside value would become code), and no number that YAML reads otherwise than it is written.
 */
export function checkTexts(document: YamlDocument): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  walk(document.value, [], (value, path) => {
    if (typeof value === 'string') found.push(...checkText(document, value, path));
    if (typeof value === 'number') found.push(...checkNumber(document, value, path));
  });
  return found;
}

function walk(value: unknown, path: YamlPath, visit: (value: unknown, path: YamlPath) => void): void {
  if (Array.isArray(value)) for (const [index, item] of value.entries()) walk(item, [...path, index], visit);
  else if (value !== null && typeof value === 'object')
    for (const [key, member] of Object.entries(value)) walk(member, [...path, key], visit);
  else visit(value, path);
}

function checkText(document: YamlDocument, value: string, path: YamlPath): Diagnostic[] {
  const at = value.indexOf('${{');
  if (at < 0 || takesExpressions(path)) return [];
  const place = path.at(-1) === 'run' && path.at(-3) === 'steps' ? scriptPlace(document, path) : { range: document.inside(path, at, 3) };
  if (path.at(-1) === 'run' && path.at(-3) === 'steps') {
    const error = document.error(
      path,
      'pipelines.expression-in-script',
      'an expression stands in a script: its value would become part of the code',
      'Put it in env, `env: { NAME: ${{ ... }} }`, and read "$NAME" in the script.',
    );
    return [{ ...error, ...place }];
  }
  const error = document.error(
    path,
    'pipelines.expression-not-here',
    'expressions are not evaluated here',
    'They are evaluated in env, cache keys and matrix; "if" takes a bare expression.',
  );
  return [{ ...error, ...place }];
}

// Scripts are block scalars mostly, whose text is not their source; the first expression of the block is looked up there.
function scriptPlace(document: YamlDocument, path: YamlPath): Pick<Diagnostic, 'range'> {
  const key = document.keyAt(path);
  const at = document.source.indexOf('${{', key.end.offset);
  const close = document.source.indexOf('}}', at);
  if (at < 0) return { range: key };
  const end = close < 0 || document.source.slice(at, close).includes('\n') ? at + 3 : close + 2;
  const upTo = document.source.slice(0, at);
  const line = upTo.split('\n').length;
  const column = at - upTo.lastIndexOf('\n');
  return { range: { start: { line, column, offset: at }, end: { line, column: column + end - at, offset: end } } };
}

function takesExpressions(path: YamlPath): boolean {
  const [first, , third, , fifth] = path;
  if (first === 'env') return path.length === 2;
  if (first !== 'jobs') return false;
  if (third === 'if' || third === 'env' || third === 'matrix') return true;
  if (third === 'cache') return fifth === 'key' || fifth === 'restore-keys';
  return third === 'steps' && (fifth === 'env' || fifth === 'if');
}

function checkNumber(document: YamlDocument, value: number, path: YamlPath): Diagnostic[] {
  const { start, end } = document.at(path);
  const written = document.source.slice(start.offset, end.offset);
  if (!/^[-+.\d][\w.+-]*$/.test(written) || written === String(value)) return [];
  return [document.error(path, 'pipelines.number', `${written} is the number ${value} to YAML`, `Put it in quotes: "${written}".`)];
}
