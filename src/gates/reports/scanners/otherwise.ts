/**
 * Reports whose findings we count otherwise than DefectDojo's own tests do, and why we hold to it. Ten at most; a test
 * demands that each is still true.
 */
export const COUNTED_OTHERWISE: readonly { readonly file: string; readonly test?: string; readonly why: string }[] = [
  {
    file: 'anchore_grype/same_cve_different_paths.json',
    test: 'test_detailed_mode_separates_same_cve_different_paths',
    why: 'An optional mode there tells one finding for each path; here one vulnerability of one version of a component is one finding.',
  },
  {
    file: 'osv_scanner/no_findings.json',
    why: 'The file has no byte. An empty file says nothing, least of all that nothing was found.',
  },
  {
    file: 'snyk/snykcontainer_issue_9270.json',
    why: 'The vulnerabilities of the applications inside the image (`applications`) are passed over there; here they count.',
  },
  {
    file: 'snyk/snykcontainer_issue_epss.json',
    why: 'The same: 12 vulnerabilities of an application inside the image.',
  },
];
