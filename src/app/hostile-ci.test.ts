import { expect, test } from 'vitest';
import { ciReaders } from '../integrations/ci/readers.system.ts';
import type { SeenRun } from '../integrations/ci/ci.ts';
import type { Heard, Says } from '../integrations/connections/stub.fixture.ts';
import { githubTickets } from '../integrations/github/tickets.http.ts';
import { gitlabTickets } from '../integrations/gitlab/tickets.http.ts';
import { jenkinsFixture } from '../integrations/jenkins/jenkins.fixture.ts';
import { jiraTickets } from '../integrations/jira/tickets.http.ts';
import { listRuns, viewRun } from '../pipelines/run.views.ts';
import { connected } from '../testing/connected.ts';
import { testFloor } from '../testing/database.ts';
import { givenService } from '../testing/pipelines.ts';
import { ciPorts } from './slices.ts';
import { hostile, orProblem, unfit, unruly } from '../testing/hostile.ts';

/** Hostile names through CI servers and trackers. */
const { bait, names, patience, unharmed } = await hostile();
const floor = await testFloor({ config: { egressAllow: '127.0.0.1', publicUrl: 'https://yard.example.org' } });
const SHA = 'a'.repeat(40);

const AT = new Date(Date.now() - 3_600_000).toISOString();
const base = { created_at: AT, run_started_at: AT, updated_at: AT, started_at: AT, completed_at: AT, finished_at: AT };

/** CI servers in which every word is the name; run N is about name N. */
const SERVERS: Readonly<Record<string, (heard: Heard) => Says>> = {
  github(heard) {
    const [, id] = /\/runs\/(\d+)/.exec(heard.path) ?? [];
    const name = names[Number(id ?? 1) - 1] ?? '';
    const run = (at: number) => ({
      id: at + 1,
      name: names[at],
      workflow_id: 1,
      path: names[at],
      display_title: names[at],
      head_sha: SHA,
      head_branch: names[at],
      event: names[at],
      status: 'completed',
      conclusion: 'success',
      run_attempt: 1,
      html_url: bait,
      actor: { login: names[at] },
      ...base,
    });
    if (heard.path === '/installation/repositories') return { status: 403, json: {} };
    if (heard.path === '/user/repos')
      return { json: names.map((one, at) => ({ id: at, full_name: `acme/${one}`, clone_url: one, html_url: one, default_branch: one })) };
    if (heard.path.endsWith('/logs')) return { text: name };
    if (heard.path.endsWith('/jobs'))
      return {
        json: {
          total_count: 1,
          jobs: [
            {
              id: 1,
              name,
              runner_name: name,
              status: 'completed',
              conclusion: name,
              steps: [{ name, number: 1, status: 'completed', conclusion: 'success', ...base }],
              ...base,
            },
          ],
        },
      };
    if (id !== undefined) return { json: run(Number(id) - 1) };
    return {
      json: { total_count: names.length, workflow_runs: heard.query.get('page') === '1' ? names.slice(0, 99).map((_, at) => run(at)) : [] },
    };
  },
  gitlab(heard) {
    const [, id] = /\/pipelines\/(\d+)/.exec(heard.path) ?? [];
    const name = names[Number(id ?? 1) - 1] ?? '';
    const run = (at: number) => ({
      id: at + 1,
      project_id: 1,
      name: names[at],
      status: 'success',
      source: names[at],
      ref: names[at],
      sha: SHA,
      web_url: bait,
      yaml_errors: names[at],
      user: { username: names[at] },
      ...base,
    });
    if (/\/(?:projects|groups\/[^/]+\/projects)$/.test(heard.path))
      return {
        json: names.map((one, at) => ({ id: at + 1, path_with_namespace: one, http_url_to_repo: one, web_url: one, default_branch: one })),
      };
    if (heard.path.endsWith('/trace')) return { text: name };
    if (/\/(?:jobs|bridges)$/.test(heard.path))
      return {
        json: heard.path.endsWith('jobs')
          ? [{ id: 1, name, stage: name, status: 'failed', failure_reason: name, runner: { description: name }, ...base }]
          : [],
      };
    if (id !== undefined) return { json: run(Number(id) - 1) };
    return { json: names.slice(0, 99).map((_, at) => run(at)) };
  },
  azure(heard) {
    const [, id] = /\/builds\/(\d+)/.exec(heard.path) ?? [];
    const name = names[Number(id ?? 1) - 1] ?? '';
    const run = (at: number) => ({
      id: at + 1,
      buildNumber: names[at],
      status: 'completed',
      result: 'succeeded',
      queueTime: AT,
      startTime: AT,
      finishTime: AT,
      definition: { id: 1, name: names[at], path: names[at] },
      sourceBranch: names[at],
      sourceVersion: SHA,
      reason: names[at],
      requestedFor: { displayName: names[at], uniqueName: names[at] },
      repository: { id: names[at], type: 'GitHub' },
      _links: { web: { href: names[at] } },
    });
    if (/\/_apis\/projects$/.test(heard.path)) return { json: { value: names.map((one, at) => ({ id: `p${at}`, name: one })) } };
    if (/\/timeline$/i.test(heard.path)) {
      const record = {
        name,
        state: 'completed',
        result: 'succeeded',
        order: 1,
        startTime: AT,
        finishTime: AT,
        workerName: name,
        log: { id: 1 },
      };
      return {
        json: {
          records: [
            { ...record, id: 's', parentId: null, type: 'Stage' },
            { ...record, id: 'j', parentId: 's', type: 'Job', issues: [{ type: 'error', message: name }] },
            { ...record, id: 't', parentId: 'j', type: 'Task' },
          ],
        },
      };
    }
    if (/\/logs\/\d+$/.test(heard.path)) return { text: name };
    if (id !== undefined) return { json: run(Number(id) - 1) };
    return { json: { value: names.slice(0, 99).map((_, at) => run(at)) } };
  },
  jenkins: jenkinsFixture(
    Object.fromEntries(
      names.map((name, at) => [
        name,
        {
          kind: 'pipeline',
          builds: [
            {
              number: at + 1,
              timestamp: Date.parse(AT),
              duration: 5000,
              result: 'SUCCESS',
              building: false,
              displayName: name,
              description: name,
              actions: [{ causes: [{ shortDescription: name, userName: name }] }],
            },
          ],
          stages: { [at + 1]: { stages: [{ id: '1', name, status: 'SUCCESS', startTimeMillis: Date.parse(AT), durationMillis: 5 }] } },
          console: name,
        } as const,
      ]),
    ),
  ),
};

test.each(Object.keys(SERVERS))(
  '%s as CI: as project, pipeline, job, step, branch and person',
  async (vendor) => {
    const server = await connected(floor, vendor, SERVERS[vendor] ?? (() => ({ json: {} })));
    const reader = ciReaders.get(vendor);
    if (reader === undefined) throw new Error(vendor);
    const caller = await server.caller();
    const places = [];
    for await (const place of reader.places(caller)) places.push(place);
    expect(unruly(places.map(({ name }) => name))).toEqual([]);
    const service = await givenService(floor, `ci-of-${vendor}`);
    const window = { since: new Date(Date.parse(AT) - 86_400_000).toISOString(), until: new Date().toISOString() };
    const found: SeenRun[] = [];
    // A Jenkins job is a place of its own; the others list all runs of one place.
    for (const { key } of vendor === 'jenkins' ? places : places.slice(0, 1)) {
      const { runs } = await reader.page(caller, vendor === 'github' ? 'acme/shop' : key, window, null);
      for (const { id, external } of runs) {
        const run = await orProblem(
          reader.run(
            caller,
            vendor === 'github' ? 'acme/shop' : key,
            vendor === 'jenkins' ? external.slice(external.lastIndexOf('#') + 1) : id,
          ),
        );
        if (run !== null) found.push(run);
      }
    }
    // Jenkins lets nothing be called by more lines than one, by a path or by blanks at an end.
    const called = (name: string): boolean =>
      name === name.trim() && unruly(name).length === 0 && !/^\.{0,2}$|\//.test(name) && name.isWellFormed() && name.length <= 500;
    expect(found.length).toBeGreaterThanOrEqual(vendor === 'jenkins' ? new Set(names.filter(called)).size : Math.min(names.length, 99));
    expect(unruly(found)).toEqual([]);
    const place = { connection: server.row.id, place: floor.newId('cpl'), system: reader.system };
    await floor.db.tx(floor.org, (tx) => ciPorts.runs.keep(tx, service.id, place, found));
    const { items } = await floor.db.read(floor.org, (tx) => listRuns(tx, { service: service.name, limit: 200, visible: 'all' }));
    expect(items.length).toBe(Math.min(200, new Set(found.map(({ external, attempt }) => `${external} ${attempt}`)).size));
    for (const { id } of items.slice(0, 50)) expect(await floor.db.read(floor.org, (tx) => viewRun(tx, id))).toMatchObject({ id });
    for (const heard of server.heard) expect(heard.path, heard.path).not.toMatch(/\/\.\.?(?:\/|$)/);
    unharmed();
  },
  patience,
);

test(
  'trackers: as key and as title of a ticket',
  async () => {
    let name = '';
    const issue = (): Says => ({
      json: {
        title: name,
        state: 'open',
        number: 1,
        iid: 1,
        html_url: bait,
        web_url: bait,
        labels: [name],
        milestone: { title: name },
        type: { name },
        fields: {
          summary: name,
          issuetype: { name },
          status: { name, statusCategory: { key: name } },
          resolution: { name },
          fixVersions: [{ name }],
          updated: name,
        },
      },
    });
    for (const [vendor, tracker, options] of [
      ['jira', jiraTickets, { base: '/rest', settings: { projects: 'SHOP' } }],
      ['github', githubTickets, {}],
      ['gitlab', gitlabTickets, { base: '/api/v4' }],
    ] as const) {
      const there = await connected(floor, vendor, issue, options);
      const caller = await there.caller();
      for (const one of names) {
        name = one;
        for (const key of [one, `SHOP-${one}`, `#${one}`]) {
          // Only what is a key in its tracker's own form is ever asked for.
          const mine = tracker.mine(caller.connection, key, `${there.url}/team/${one}.git`);
          if (mine !== null) await orProblem(tracker.read(caller, mine));
        }
        const seen = await orProblem(tracker.read(caller, vendor === 'jira' ? 'SHOP-1' : 'team/shop#1'));
        expect(unfit(seen)).toEqual([]);
      }
      for (const { path } of there.heard) expect(path).not.toMatch(/\/\.\.?(?:\/|$)/);
      expect(there.heard.length).toBeGreaterThanOrEqual(names.length);
    }
    unharmed();
  },
  patience,
);
