import type { Json } from '../../../campaigns/road/api.ts';
import type { Stage } from './stage.ts';

const first = (answer: Json): Json | undefined => (answer['items'] as Json[] | undefined)?.[0];

/** The address of every screen of an instance where a release was shipped, with real ids in them. */
export async function everyScreen({ ada }: Pick<Stage, 'ada'>): Promise<string[]> {
  const id = async (path: string): Promise<string> => String(first(await ada.get(path))?.['id'] ?? 'none');
  const [run, incident] = await Promise.all([id('/v1/runs?limit=1'), id('/v1/incidents')]);
  // The oldest one: it has come all the way.
  const release = String(((await ada.get('/v1/releases'))['items'] as Json[]).at(-1)?.['id'] ?? 'none');
  const decisions = first(await ada.get(`/v1/releases/${release}/decisions`));
  const digest = String(first(await ada.get('/v1/artifacts'))?.['digest'] ?? 'none');
  const policy = String(first(await ada.get('/v1/policies'))?.['name'] ?? 'none');
  const team = String(first(await ada.get('/v1/teams'))?.['name'] ?? 'none');
  return [
    '/',
    '/inbox',
    '/releases',
    `/releases/${release}`,
    `/decisions/${String(decisions?.['decision'] ?? 'none')}`,
    '/runs',
    `/runs/${run}`,
    `/runs/${run}?part=reports`,
    `/runs/${run}?part=findings`,
    '/calendar',
    '/services',
    '/services/clock',
    '/inventory',
    '/environments',
    '/environments/prod',
    '/environments/prod?part=advisories',
    '/incidents',
    `/incidents/${incident}`,
    '/metrics',
    '/evidence',
    '/evidence/ledger',
    `/artifacts/${digest}`,
    '/policies',
    `/policies/${policy}`,
    '/policies/minimum',
    '/policies/minimum?edit=1',
    `/policies/team/${team}`,
    '/services/clock/rules',
    '/debts',
    ...[
      'people',
      'unmapped',
      'sign-in',
      'workloads',
      'signers',
      'roles',
      'tokens',
      'runners',
      'agents',
      'parked',
      'audit',
      'connections',
      'webhooks',
      'deliveries',
      'mail',
      'retention',
      'instance',
    ].map((part) => `/admin/${part}`),
    '/sign-in/terminal',
    '/account',
    '/go',
  ];
}
