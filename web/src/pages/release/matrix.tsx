import type { ReactNode } from 'react';
import { Link } from '@tanstack/react-router';
import { Panel, Said, Verdict } from '../../kit/index.ts';
import type { Place, Release } from './types.ts';

const MEANS: Readonly<Record<string, string>> = {
  lifecycle: 'Verified before it comes here',
  gates: 'Checks on its reports',
  'supply-chain': 'Provenance, SBOM, signatures',
  approvals: 'Agreed by other persons',
  calendar: 'No freeze, an open window',
  readiness: 'Checklist, dependencies, way back',
  debt: 'Nothing owed by the team',
};

/** On a phone only the environment that is looked at has room; the road above leads to the others. */
const ASIDE = 'max-sm:hidden';

/** Each requirement in each environment: met by what, and where the evidence is. */
export function Matrix({ page, chosen }: { readonly page: Release; readonly chosen: string }): ReactNode {
  const names = page.environments[0]?.words.rules.map((rule) => rule.rule) ?? [];
  return (
    <Panel title="Readiness" flush>
      <div className="relative min-w-0 overflow-x-auto" tabIndex={0} role="group" aria-label="readiness by requirement and environment">
        <table className="w-full border-collapse text-left">
          <caption className="sr-only">Each requirement in each environment</caption>
          <thead>
            <tr className="border-b border-line text-sm text-quiet">
              <th scope="col" className="px-3 py-1.5 font-medium">
                Requirement
              </th>
              {page.environments.map((place) => (
                <th
                  key={place.environment}
                  scope="col"
                  className={`px-3 py-1.5 font-medium whitespace-nowrap ${place.environment === chosen ? 'bg-accent-soft text-ink' : ASIDE}`}
                >
                  {place.environment}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {names.map((name) => (
              <tr key={name} className="border-b border-line align-top last:border-b-0">
                <th scope="row" className="w-40 min-w-28 px-3 py-2 text-left font-medium">
                  {name}
                  <span className="block text-sm font-normal text-quiet">{MEANS[name]}</span>
                </th>
                {page.environments.map((place) => (
                  <td
                    key={place.environment}
                    className={`min-w-36 px-3 py-2 ${place.environment === chosen ? 'bg-accent-soft/40' : ASIDE}`}
                  >
                    <Cell place={place} rule={name} page={page} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}

const FEW = 2;

/** What is open says why at once; what is met says it when it is asked. */
function Cell({ place, rule, page }: { readonly place: Place; readonly rule: string; readonly page: Release }): ReactNode {
  const said = place.words.rules.find((one) => one.rule === rule);
  const read = place.rules.find((one) => one.rule === rule)?.read ?? [];
  if (said === undefined) return <span className="text-quiet">not asked</span>;
  const open = said.verdict === 'allow' ? 0 : FEW;
  const [shown, rest] = [said.reasons.slice(0, open), said.reasons.slice(open)];
  const line = (reason: string, index: number): ReactNode => (
    <li key={index} className="text-sm">
      <Said text={reason} />
    </li>
  );
  return (
    <div className="min-w-0 space-y-1">
      <Verdict of={said.verdict} />
      {shown.length === 0 ? null : <ul className="space-y-0.5">{shown.map(line)}</ul>}
      {rest.length === 0 ? null : (
        <details>
          <summary className="min-h-6 text-sm text-accent">
            {open === 0 ? 'by what' : `${rest.length} more`}
            <span className="sr-only">
              : {rule} in {place.environment}
            </span>
          </summary>
          <ul className="mt-1 space-y-0.5">{rest.map(line)}</ul>
          <Evidence read={read} page={page} />
        </details>
      )}
      {rest.length === 0 ? <Evidence read={read} page={page} /> : null}
    </div>
  );
}

/** What a rule read, as links where it can be looked at. */
function Evidence({ read, page }: { readonly read: Place['rules'][number]['read']; readonly page: Release }): ReactNode {
  const reports = read.filter((one) => one.kind === 'report').length;
  const waivers = read.filter((one) => one.kind === 'waiver');
  if (reports === 0 && waivers.length === 0) return null;
  return (
    <p className="flex flex-wrap gap-x-3 text-sm">
      {reports === 0 ? null : (
        <Link to={`/runs/${page.release.run}`}>
          {reports} {reports === 1 ? 'report' : 'reports'}
        </Link>
      )}
      {waivers.map((one) => (
        <Link key={one.id} to={`/debts?waiver=${one.id}`}>
          waiver
        </Link>
      ))}
    </p>
  );
}
