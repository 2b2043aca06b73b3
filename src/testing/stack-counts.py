"""Counts what the reports of stack-cases.ts hold, by another way than the program's own readers.

Usage: python3 src/testing/stack-counts.py CORPUS > src/testing/stack-counts.json

Plain loops over the elements or members that each format names, with the standard library alone, so that a mistake of
a reader is not also the expectation. One line of the answer for each report: what a gate's facts should say of it, or
"no answer: ..." where a report must not be believed.
"""

import csv, json, os, re, sys
import xml.etree.ElementTree as ET

HERE = os.path.dirname(os.path.abspath(__file__))
CONSTANT = re.compile(r"const (\w+) = '([^']+)';")
CASE = re.compile(r"\[\s*(?:`([^`]+)`|'([^']+)'),\s*([123]),\s*'(allow|deny|unknown)'")


class NoAnswer(Exception):
    pass


def name(tag):
    return tag.split('}')[-1]


def children(node, tag):
    return [one for one in node if name(one.tag) == tag]


def every(node, tag):
    return [one for one in node.iter() if name(one.tag) == tag]


def tests(passed, failed, errored, skipped, announced=0):
    total = passed + failed + errored + skipped
    if total == 0 and failed + errored == 0 and announced == 0:
        raise NoAnswer('no test')
    if announced > total:
        raise NoAnswer('fewer tests than announced')
    return f'{passed} of {total} tests passed, {failed} failed, {errored} errored'


def lines(seen):
    if not seen:
        raise NoAnswer('no line')
    return f'{sum(1 for hit in seen.values() if hit)} of {len(seen)} lines covered'


def findings(words):
    level = {'critical': 'critical', 'high': 'high', 'error': 'high', 'medium': 'medium', 'moderate': 'medium', 'warning': 'medium'}
    found = [level.get((word or '').lower(), 'other') for word in words]
    return ', '.join(f'{found.count(one)} {one}' for one in ('critical', 'high', 'medium'))


def junit(root):
    ends = {'passed': 0, 'failed': 0, 'errored': 0, 'skipped': 0}
    for case in every(root, 'testcase'):
        inside = {name(one.tag) for one in case}
        status = (case.get('status') or case.get('result') or '').lower()
        if 'error' in inside or status == 'error':
            ends['errored'] += 1
        elif 'failure' in inside or status in ('failed', 'failure'):
            ends['failed'] += 1
        elif inside & {'skipped', 'skip', 'disabled'} or status in ('skipped', 'notrun'):
            ends['skipped'] += 1
        else:
            ends['passed'] += 1
    suites = [one for one in every(root, 'testsuite') if not every(one, 'testsuite')[1:]]
    announced = sum(int(one.get('tests') or 0) for one in suites)
    bad = sum(int(root.get(key) or 0) for key in ('failures', 'errors')) if name(root.tag) == 'testsuites' else 0
    if bad > ends['failed'] + ends['errored']:
        raise NoAnswer('more failures announced than shown')
    whole = int(root.get('tests') or 0) if name(root.tag) == 'testsuites' else 0
    return tests(*ends.values(), max(announced, whole))


def nunit(root):
    ends = {'passed': 0, 'failed': 0, 'errored': 0, 'skipped': 0}
    for case in every(root, 'test-case'):
        result = (case.get('result') or '').lower()
        if result in ('notrunnable', 'invalid', 'cancelled'):
            raise NoAnswer('a test could not be run')
        if not result:
            result = 'ignored' if (case.get('executed') or '').lower() == 'false' else 'passed' if (case.get('success') or '').lower() == 'true' else 'failed'
        three = name(root.tag) != 'test-results'
        kind = {'passed': 'passed', 'success': 'passed', 'failed': 'failed', 'failure': 'failed', 'error': 'errored'}
        kind['inconclusive'] = 'errored' if three else 'skipped'
        ends[kind.get(result, 'skipped')] += 1
    return tests(*ends.values())


def xunit(root):
    results = [(one.get('result') or '').lower() for one in every(root, 'test')]
    return tests(results.count('pass'), results.count('fail'), 0, results.count('skip') + results.count('notrun'))


def trx(root):
    results = [(one.get('outcome') or '').lower() for one in children(children(root, 'Results')[0], 'UnitTestResult')]
    if {'aborted', 'notrunnable', 'disconnected', 'inprogress'} & set(results):
        raise NoAnswer('a test was aborted or could not be run')
    errored = results.count('timeout') + results.count('error')
    return tests(results.count('passed'), results.count('failed'), errored, len(results) - errored - results.count('passed') - results.count('failed'))


def clover(root):
    seen = {}
    for file in every(root, 'file'):
        for line in children(file, 'line'):
            key = (file.get('path') or file.get('name'), line.get('num'))
            hit = int(line.get('count') or 0) + int(line.get('truecount') or 0) + int(line.get('falsecount') or 0)
            seen[key] = seen.get(key, False) or hit > 0
    return lines(seen)


def cobertura(root):
    seen = {}
    for one in every(root, 'class'):
        for line in every(one, 'line'):
            key = (one.get('filename'), line.get('number'))
            seen[key] = seen.get(key, False) or int(line.get('hits')) > 0
    return lines(seen)


def jacoco(root):
    missed = covered = 0
    for one in children(root, 'counter'):
        if one.get('type') == 'LINE':
            missed, covered = int(one.get('missed')), int(one.get('covered'))
    return f'{covered} of {missed + covered} lines covered'


def opencover(root):
    seen = {}
    for one in every(root, 'SequencePoint'):
        file = one.get('fileid')
        for line in range(int(one.get('sl')), int(one.get('sl')) + 1):
            seen[(file, line)] = seen.get((file, line), False) or int(one.get('vc')) > 0
    return lines(seen)


def spotbugs(root):
    return findings([{'1': 'high', '2': 'medium'}.get(one.get('priority'), 'low') for one in children(root, 'BugInstance')])


def dependency_check(root):
    found = {}
    for dependency in every(root, 'dependency'):
        own = [one.text for one in children(dependency, 'fileName')]
        related = [one.text for each in children(dependency, 'relatedDependencies') for each in children(each, 'relatedDependency') for one in children(each, 'fileName')]
        for holder in children(dependency, 'vulnerabilities'):
            for one in children(holder, 'vulnerability'):
                text = lambda tag: next((each.text for each in children(one, tag)), None)
                cwes = [each.text for each in one.iter() if name(each.tag) == 'cwe']
                for file in own + related:
                    found[(text('name'), str(cwes), file.lower())] = text('severity')
    return findings(found.values())


XML = {
    'testsuites': junit, 'testsuite': junit, 'test-results': nunit, 'test-run': nunit, 'test-suite': nunit, 'assemblies': xunit, 'assembly': xunit,
    'TestRun': trx, 'report': jacoco, 'CoverageSession': opencover, 'BugCollection': spotbugs, 'analysis': dependency_check,
}  # fmt: skip


def xml(data):
    if b'<!DOCTYPE' in data and b'SYSTEM' in data and b'cobertura' not in data and b'JACOCO' not in data:
        raise NoAnswer('a document type')
    try:
        root = ET.fromstring(data.lstrip())
    except ET.ParseError as error:
        raise NoAnswer(f'not XML: {error}') from error
    if name(root.tag) == 'coverage':
        return clover(root) if children(root, 'project') or root.get('clover') else cobertura(root)
    return XML[name(root.tag)](root)


def go_test(events):
    ends = {}
    for one in events:
        if 'Test' in one and one['Action'] in ('pass', 'fail', 'skip'):
            ends[(one['Package'], one['Test'])] = one['Action']
    got = list(ends.values())
    return tests(got.count('pass'), got.count('fail'), 0, got.count('skip'))


def govulncheck(values):
    entries = {one['osv']['id']: one['osv'] for one in values if 'osv' in one}
    entries.update({one['OSV']['id']: one['OSV'] for value in values for one in value.get('Vulns') or []})
    wanted = {one['finding']['osv'] for one in values if 'finding' in one} | {one['OSV']['id'] for value in values for one in value.get('Vulns') or []}
    return findings([entries[id].get('database_specific', {}).get('severity') or entries[id].get('severity') for id in wanted if isinstance(entries[id].get('database_specific', {}), dict)])


def cyclonedx(root):
    order = ['critical', 'high', 'medium', 'low']
    words = []
    for one in root.get('vulnerabilities') or []:
        rated = [each.get('severity') for each in one.get('ratings') or []]
        worst = next((each for each in order if each in rated), 'info' if rated else 'high')
        words += [worst] * max(1, len(one.get('affects') or []))
    return findings(words)


def trivy(results):
    kinds = ['Vulnerabilities', 'Secrets', 'Licenses']
    words = [one.get('Severity') for result in results or [] for kind in kinds for one in result.get(kind) or []]
    words += [one.get('Severity') for result in results or [] for one in result.get('Misconfigurations') or [] if one.get('Status') == 'FAIL']
    return findings(words)


def grype(matches):
    return findings({(one['vulnerability']['id'], one['artifact']['name'], one['artifact']['version']): one['vulnerability'].get('severity') for one in matches}.values())


def mocha(root):
    bad = [one for one in root['tests'] if one.get('err')]
    errored = [one for one in bad if one['err'].get('name') and not re.search('assert|^Error$', one['err']['name'], re.I)]
    skipped = len(root['pending'])
    return tests(len(root['tests']) - len(bad) - skipped, len(bad) - len(errored), len(errored), skipped)


def json_report(values):
    root = values[0]
    if isinstance(root, list):
        if root and 'messages' in root[0]:
            return findings(['high' if one['severity'] == 2 else 'medium' for file in root for one in file['messages']])
        if root and 'vulns' in root[0]:
            return findings(['medium' for one in root for _ in one.get('vulns', [])])
        if any('osv' in one or 'config' in one for one in root):
            return govulncheck(root)
        return trivy(root) if root else findings([])
    if root is None:
        return findings([])
    if 'Action' in root:
        return go_test(values)
    if 'bomFormat' in root:
        return cyclonedx(root)
    if 'stats' in root and 'passes' in root:
        return mocha(root)
    if 'advisories' in root:
        return findings([one['severity'] for one in root['advisories'].values()])
    if 'dependencies' in root and 'scanInfo' not in root:
        return findings(['medium' for one in root['dependencies'] for _ in one.get('vulns', [])])
    if 'metrics' in root and 'results' in root:
        return findings([one['issue_severity'] for one in root['results']])
    if 'matches' in root:
        return grype(root['matches'])
    if 'SchemaVersion' in root or 'Results' in root:
        return trivy(root.get('Results'))
    if 'Vulns' in root or 'config' in root or 'Calls' in root:
        return govulncheck(values)
    if 'code' in root and 'location' in root:
        return findings([one['severity'] for one in values if one['severity'] != 'ignored'])
    if 'vulnerabilities' in root and isinstance(root['vulnerabilities'], list):
        return findings([one.get('severity') for one in root['vulnerabilities']])
    if 'runs' in root:
        for run in root['runs']:
            if any(one.get('executionSuccessful') is False for one in run.get('invocations', [])):
                raise NoAnswer('the tool says that it did not succeed')
    if 'error' in root:
        raise NoAnswer('the tool says that it went wrong')
    raise SystemExit(f'unknown JSON: {list(root)[:8]}')


def values_of(text):
    decoder, at, values = json.JSONDecoder(), 0, []
    while at < len(text):
        value, at = decoder.raw_decode(text, at)
        values.append(value)
        while at < len(text) and text[at].isspace():
            at += 1
    return values


def lcov(text):
    seen, file = {}, ''
    for line in text.splitlines():
        if line.startswith('SF:'):
            file = line[3:]
        elif line.startswith('DA:'):
            number, hits = line[3:].split(',')[:2]
            seen[(file, number)] = seen.get((file, number), False) or int(float(hits)) > 0
        elif line.startswith('BRDA:') and line.split(',')[-1] not in ('-', '0'):
            # A line whose branch was taken ran, whatever its own count says.
            seen[(file, line[5:].split(',')[0])] = True
    return lines(seen)


def go_cover(text):
    seen = {}
    for line in text.splitlines()[1:]:
        file, start, end, count = re.match(r'(.+):(\d+)\.\d+,(\d+)\.\d+ \d+ (\d+)$', line).groups()
        for number in range(int(start), int(end) + 1):
            seen[(file, number)] = seen.get((file, number), False) or int(count) > 0
    return lines(seen)


def count(data):
    text = data.decode('utf-8-sig', 'replace').strip()
    if not text:
        raise NoAnswer('no byte')
    if text.startswith('<'):
        return xml(data)
    if text[0] in '[{' or text == 'null':
        return json_report(values_of(text))
    if text.startswith('mode:'):
        return go_cover(text)
    if re.match(r'"?Problem"?,', text):
        return findings([{'1': 'critical', '2': 'high', '3': 'medium'}.get(row['Priority'], 'low') for row in csv.DictReader(text.splitlines())])
    return lcov(text)


def main(corpus):
    source = open(os.path.join(HERE, 'stack-cases.ts'), encoding='utf-8').read()
    constants = dict(CONSTANT.findall(source))
    answers = {}
    for template, plain, _, _ in CASE.findall(source):
        path = plain or re.sub(r'\$\{(\w+)\}', lambda found: constants[found.group(1)], template)
        own = path.startswith('own/')
        with open(os.path.join(HERE, 'stack-reports', path[4:]) if own else os.path.join(corpus, path), 'rb') as file:
            try:
                answers[path] = count(file.read())
            except NoAnswer as why:
                answers[path] = f'no answer: {why}'
    print(json.dumps(answers, indent=2, sort_keys=True))


main(sys.argv[1])
