import { defineProblem } from '../kernel/problem.ts';

export const unreachable = defineProblem<{ url: string; why: string }>('client.unreachable', {
  status: 503,
  sentence: ({ url, why }) => `The server at ${url} can't be reached: ${why}.`,
  remedy: 'Check that the server runs and that YARDMASTER_URL (or --url) names it; then try again.',
});

export const badAnswer = defineProblem<{ url: string; why: string }>('client.bad-answer', {
  status: 502,
  sentence: ({ url, why }) => `${url} answered something that is not Yardmaster's protocol: ${why}.`,
  remedy:
    'Check that the address is a Yardmaster server and not a proxy or another program, and that client and server are of close versions.',
});

export const serverTooOld = defineProblem<{ url: string; speaks: number; needs: number }>('client.server-too-old', {
  status: 502,
  sentence: ({ url, speaks, needs }) => `The server at ${url} speaks version ${speaks} of the protocol, and this program needs ${needs}.`,
  remedy: 'Upgrade the servers first: clients may be one release behind them, not ahead.',
});

export const badAddress = defineProblem<{ url: string; why: string }>('client.bad-address', {
  status: 400,
  sentence: ({ url, why }) => `${url} is no address of a server: ${why}.`,
  remedy: 'Give an address such as http://127.0.0.1:7420 in YARDMASTER_URL or --url.',
});
export const badAuthority = defineProblem<{ file: string; why: string }>('client.bad-authority', {
  status: 400,
  sentence: ({ file, why }) => `The certificates of YARDMASTER_CA (${file}) can't be used: ${why}.`,
  remedy: 'Give it a file with the certificate of the authority that signed the server, in PEM.',
});
