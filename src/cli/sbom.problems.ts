import { defineProblem } from '../kernel/problem.ts';

export const noImage = defineProblem<{ path: string; why: string }>('cli.no-image', {
  status: 400,
  sentence: ({ path, why }) => `${path} can't be read as a container image: ${why}.`,
  remedy: 'Give an OCI layout folder or a tar of an image: skopeo copy docker://IMAGE oci-archive:image.tar',
});
export const noSbom = defineProblem<{ path: string }>('cli.no-sbom', {
  status: 400,
  sentence: ({ path }) => `${path} is no SBOM that can be read.`,
  remedy: 'Give CycloneDX or SPDX 2.x in JSON; ym sbom make writes both.',
});
export const noMaterials = defineProblem<{ path: string }>('cli.no-lock-file', {
  status: 400,
  sentence: ({ path }) => `${path} holds no lock file, and is no image.`,
  remedy: 'Give a folder with a lock file, the lock file itself, or an image; the guide on SBOMs lists what is read.',
});
export const noAdvisories = defineProblem<{ path: string; why: string }>('cli.no-advisories', {
  status: 400,
  sentence: ({ path, why }) => `${path} holds what is no advisory: ${why}.`,
  remedy: 'Give OSV records: one in a file, a list, one on each line, or a folder of such files.',
});

export const badNews = defineProblem<{ file: string; why: string }>('cli.bad-registry-documents', {
  status: 400,
  sentence: ({ file, why }) => `${file} can't be used: ${why}.`,
  remedy: 'Give what a registry serves of a package, one document a file, such as: npm view NAME --json > news/NAME.json',
});

export const noCatalogue = defineProblem<{ path: string; why: string }>('cli.no-exploited-catalogue', {
  status: 400,
  sentence: ({ path, why }) => `${path} is no catalogue of known exploited vulnerabilities: ${why}.`,
  remedy: 'Give the JSON file as CISA publishes it, whole: known_exploited_vulnerabilities.json',
});
