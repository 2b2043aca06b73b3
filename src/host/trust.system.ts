import { readFileSync } from 'node:fs';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { X509Certificate } from 'node:crypto';
import { badAuthority } from './client.problems.ts';

const PEM = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/**
 * Trusts the certificates of the file YARDMASTER_CA beside those that Node trusts anyway, for every connection that this
 * process makes from now on. Throws `client.bad-authority` where the file holds none: going on would fail later and less clearly.
 */
export function trustAuthorities(file: string | undefined = process.env['YARDMASTER_CA']): void {
  if (file === undefined || file === '') return;
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw badAuthority({ file, why: (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'it is not there' : (error as Error).message });
  }
  const found = text.match(PEM) ?? [];
  if (found.length === 0) throw badAuthority({ file, why: 'it holds no certificate in PEM' });
  try {
    found.forEach((one) => new X509Certificate(one));
  } catch {
    throw badAuthority({ file, why: 'a certificate in it is damaged' });
  }
  setDefaultCACertificates([...getCACertificates('default'), ...found]);
}
