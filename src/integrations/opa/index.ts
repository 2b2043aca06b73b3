import { quietByHeaders, type Vendor } from '../connections/vendor.ts';

/** An Open Policy Agent by its REST API (https://www.openpolicyagent.org/docs/rest-api): the address is that of the server, without `/v1`. */
export const opa: Vendor = {
  name: 'opa',
  title: 'Open Policy Agent',
  offers: ['policy'],
  url: null,
  credential: [{ name: 'token', title: 'Bearer token, where it was started with --authentication=token', required: false }],
  settings: [],
  headers: { accept: 'application/json' },
  authorize: async (_connection, { token }): Promise<{ headers: Record<string, string>; until: null }> => ({
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    until: null,
  }),
  quiet: quietByHeaders,
  next: () => null,
  async check(caller) {
    const { status } = await caller.ask({ path: 'health', timeoutMs: 3000, limit: 65_536 });
    return { as: null, found: [{ what: 'its health', ok: status === 200, detail: `${caller.connection.url} answers ${status}` }] };
  },
};
