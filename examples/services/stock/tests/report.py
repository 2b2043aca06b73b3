"""Runs the tests with the standard library alone and writes JUnit XML and LCOV: python3 tests/report.py junit.xml lcov.info"""

import sys
import time
import trace
import unittest
from pathlib import Path
from xml.sax.saxutils import quoteattr

sys.path.insert(0, ".")


class Recorder(unittest.TextTestResult):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.cases, self.begun = [], 0.0

    def startTest(self, test):
        self.begun = time.perf_counter()
        super().startTest(test)

    def keep(self, test, kind, text=""):
        self.cases.append((test, kind, text, time.perf_counter() - self.begun))

    def addSuccess(self, test):
        super().addSuccess(test)
        self.keep(test, None)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.keep(test, "failure", str(err[1]))

    def addError(self, test, err):
        super().addError(test, err)
        self.keep(test, "error", str(err[1]))

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.keep(test, "skipped", reason)


def junit(result):
    lines = []
    for test, kind, text, seconds in result.cases:
        inner = f"<{kind} message={quoteattr(text)}/>" if kind else ""
        lines.append(f'<testcase classname={quoteattr(type(test).__name__)} name={quoteattr(test._testMethodName)} time="{seconds:.6f}">{inner}</testcase>')
    failures = sum(kind == "failure" for _, kind, _, _ in result.cases)
    errors = sum(kind == "error" for _, kind, _, _ in result.cases)
    return f'<testsuites><testsuite name="stock" tests="{len(lines)}" failures="{failures}" errors="{errors}">{"".join(lines)}</testsuite></testsuites>'


def lcov(counts, file):
    lines = sorted(line for line in trace._find_executable_linenos(file) if line > 0)
    hit = {line: count for (name, line), count in counts.items() if Path(name).name == file}
    rows = "".join(f"DA:{line},{hit.get(line, 0)}\n" for line in lines)
    return f"TN:\nSF:{file}\n{rows}LF:{len(lines)}\nLH:{sum(1 for line in lines if hit.get(line))}\nend_of_record\n"


if __name__ == "__main__":
    tracer = trace.Trace(count=True, trace=False, ignoredirs=[sys.prefix, sys.exec_prefix])
    outcome = []

    def run():
        suite = unittest.defaultTestLoader.discover("tests", top_level_dir=".")
        outcome.append(unittest.TextTestRunner(resultclass=Recorder, verbosity=0).run(suite))

    tracer.runfunc(run)
    Path(sys.argv[1]).write_text(junit(outcome[0]))
    Path(sys.argv[2]).write_text(lcov(tracer.results().counts, "stock.py"))
    sys.exit(0 if outcome[0].wasSuccessful() else 1)
