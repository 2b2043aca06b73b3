import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { ReportView } from '../../../../src/contract/gates.ts';
import { Bytes, Digest, Empty, State, Table, Tag } from '../../kit/index.ts';
import { FailedTests } from './cause.tsx';
import type { Job } from './types.ts';

/** What the tools said of this build. */
export function Reports({ reports, jobs }: { reports: readonly ReportView[]; jobs: readonly Job[] }): ReactNode {
  if (reports.length === 0)
    return (
      <Empty title="No report yet." command="reports: [{ kind: junit, path: reports/junit.xml }]">
        A job of <code>.yardmaster/pipeline.yaml</code> names the files that its tools write; a gate believes only these.
      </Empty>
    );
  const nameOf = new Map(jobs.map((job) => [job.id, job.name]));
  const failing = reports.filter((report) => (report.tests?.failed ?? 0) + (report.tests?.errored ?? 0) > 0);
  return (
    <div className="min-w-0">
      <Table
        caption="reports of this run"
        rows={reports}
        rowKey={(report) => report.id}
        columns={[
          { key: 'name', label: 'Report', breaks: true, cell: (report) => <bdi>{report.name}</bdi> },
          { key: 'kind', label: 'Format', cell: (report) => report.format ?? report.kind },
          { key: 'job', label: 'Job', cell: (report) => <bdi>{nameOf.get(report.job) ?? report.job}</bdi>, wide: true },
          { key: 'says', label: 'What it says', breaks: true, cell: (report) => <Says report={report} /> },
          { key: 'state', label: 'Read', cell: (report) => <State of={report.state} title={report.reason ?? ''} /> },
        ]}
      />
      <div className="space-y-3 p-3 empty:hidden">
        {failing.map((report) => (
          <FailedTests key={report.id} report={report} />
        ))}
      </div>
    </div>
  );
}

function Says({ report }: { readonly report: ReportView }): ReactNode {
  if (report.state !== 'ok') return <span className="text-quiet">{report.reason ?? 'nothing yet'}</span>;
  const { tests, coverage, findings, sbom } = report;
  return (
    <span className="inline-flex flex-wrap gap-1">
      {tests === null ? null : (
        <>
          <Tag tone={tests.passed > 0 ? 'allow' : 'plain'}>{tests.passed.toLocaleString()} passed</Tag>
          {tests.failed + tests.errored > 0 ? <Tag tone="deny">{tests.failed + tests.errored} failed</Tag> : null}
          {tests.skipped > 0 ? <Tag>{tests.skipped} skipped</Tag> : null}
          {tests.flaky > 0 ? <Tag tone="wait">{tests.flaky} flaky</Tag> : null}
        </>
      )}
      {coverage === null ? null : <Tag>{covered(coverage.lines, 'lines')}</Tag>}
      {coverage?.branches == null ? null : <Tag>{covered(coverage.branches, 'branches')}</Tag>}
      {sbom === null ? null : <Tag>{sbom.components.toLocaleString()} components</Tag>}
      {findings === null ? null : <Findings of={findings} />}
    </span>
  );
}

function Findings({ of }: { readonly of: NonNullable<ReportView['findings']> }): ReactNode {
  const some = (['critical', 'high', 'medium', 'low', 'info'] as const).filter((severity) => of[severity] > 0);
  if (some.length === 0) return <Tag tone="allow">no findings</Tag>;
  return some.map((severity) => (
    <Tag key={severity} tone={severity === 'critical' || severity === 'high' ? 'deny' : severity === 'medium' ? 'wait' : 'plain'}>
      {of[severity].toLocaleString()} {severity}
    </Tag>
  ));
}

/** A share in words; of nothing there is no share. */
function covered({ covered: hit, total }: { readonly covered: number; readonly total: number }, what: string): string {
  return total === 0 ? `no ${what} to cover` : `${((hit / total) * 100).toFixed(1)} % of ${what} covered`;
}

/** What the jobs made: bytes by digest, each with its own page. */
export function Artifacts({ jobs }: { readonly jobs: readonly Job[] }): ReactNode {
  const rows = jobs.flatMap((job) => job.artifacts.map((artifact) => ({ ...artifact, job: job.name })));
  if (rows.length === 0)
    return (
      <Empty title="This run made no artifact yet." command="artifacts: [{ name: app, path: dist }]">
        A job of <code>.yardmaster/pipeline.yaml</code> names what it makes; a release ships exactly these bytes.
      </Empty>
    );
  return (
    <Table
      caption="artifacts of this run"
      rows={rows}
      rowKey={(row) => `${row.job} ${row.name}`}
      columns={[
        {
          key: 'name',
          label: 'Artifact',
          cell: (row) => (
            <Link to="/artifacts/$digest" params={{ digest: row.digest } as never}>
              <bdi>{row.name}</bdi>
            </Link>
          ),
        },
        { key: 'job', label: 'Made by', cell: (row) => <bdi>{row.job}</bdi> },
        { key: 'digest', label: 'Digest', cell: (row) => <Digest of={row.digest} /> },
        { key: 'size', label: 'Size', cell: (row) => <Bytes of={row.size} />, right: true },
      ]}
    />
  );
}
