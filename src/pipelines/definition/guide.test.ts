import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readCatalog } from '../../catalog/read.ts';
import { renderDiagnostics } from '../../kernel/diagnostic.ts';
import { RUN_FIELDS } from './contexts.ts';
import { readPipeline } from './read.ts';
import { writtenPipeline } from './written.ts';

const guide = readFileSync(new URL('../../../docs/guide/write-a-pipeline.md', import.meta.url), 'utf8');
const blocks = (label: string): string[] =>
  [...guide.matchAll(/```yaml (\w+)\n([\s\S]*?)```/g)].filter((match) => match[1] === label).map((match) => match[2] ?? '');

test('every example of the guide is right as it stands', () => {
  expect([blocks('pipeline').length, blocks('catalog').length]).toEqual([3, 1]);
  for (const text of blocks('pipeline')) {
    const read = readPipeline(text, 'guide');
    expect(read.ok ? '' : renderDiagnostics(text, read.diagnostics)).toBe('');
  }
  for (const text of blocks('catalog')) {
    const read = readCatalog(text, 'guide');
    expect(read.ok ? '' : renderDiagnostics(text, read.diagnostics)).toBe('');
  }
});

test('every key that a file may have is in the guide', () => {
  const jobs = writtenPipeline.shape.jobs;
  const job = jobs.valueType;
  const step = job.shape.steps.element;
  for (const key of [...Object.keys(writtenPipeline.shape), ...Object.keys(job.shape), ...Object.keys(step.shape), ...RUN_FIELDS]) {
    expect(guide, key).toMatch(new RegExp(`\`${key}\`|\\b${key}:`));
  }
});
