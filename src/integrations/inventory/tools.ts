import type { FoundTool, Purpose } from './found.ts';

/**
 * Tools by the words that give them away: in scripts, in names of actions, tasks, images and templates. A word that is
 * not in this list is not found, which is why the inventory says what it looked for and never that nothing is there.
 */
const TOOLS: readonly (readonly [name: string, purpose: Purpose, pattern: RegExp])[] = [
  // Builds and their tests.
  ['npm', 'build', /\b(?:npm|yarn|pnpm|bun)\s+(?:ci|install|run\s+build|build)\b/],
  ['npm test', 'test', /\b(?:npm|yarn|pnpm|bun)\s+(?:run\s+)?(?:test|t\b|ci:test|test:\w+)/],
  ['JavaScript tests', 'test', /\b(?:vitest|jest|mocha|ava|playwright\s+test|cypress\s+run|karma)\b|cypress-io\/github-action/],
  ['pytest', 'test', /\b(?:pytest|tox|nox|unittest|nosetests)\b/],
  ['pip', 'build', /\b(?:pip3?|poetry|uv|pipenv)\s+(?:install|sync|build)\b|\bpython3?\s+-m\s+build\b/],
  ['go build', 'build', /\bgo\s+(?:build|install|mod)\b|\bgoreleaser\b/],
  ['go test', 'test', /\b(?:go\s+test|gotestsum|ginkgo)\b/],
  ['cargo build', 'build', /\bcargo\s+build\b/],
  ['cargo test', 'test', /\bcargo\s+(?:test|nextest)\b/],
  ['Maven', 'build', /\b(?:mvn|mvnw)\b|\bMaven@\d/],
  ['Maven tests', 'test', /\b(?:mvn|mvnw)\b[^\n]*\b(?:test|verify|install|package|deploy)\b/],
  ['Gradle', 'build', /\b(?:gradle|gradlew)\b|\bGradle@\d|gradle\/(?:gradle-build-action|actions)/],
  ['Gradle tests', 'test', /\b(?:gradle|gradlew)\b[^\n]*\b(?:test|check|build)\b/],
  ['.NET', 'build', /\bdotnet\s+(?:build|publish|restore)\b|\b(?:DotNetCoreCLI|VSBuild|MSBuild)@\d/],
  ['.NET tests', 'test', /\bdotnet\s+test\b|\b(?:VSTest)@\d/],
  ['make', 'build', /\b(?:make|cmake|ninja|bazel|bazelisk)\b/],
  ['make test', 'test', /\b(?:make\s+(?:test|check)|ctest|bazel(?:isk)?\s+test)\b/],
  ['Ruby tests', 'test', /\b(?:rspec|rake\s+(?:test|spec)|rails\s+test|minitest)\b|\bbundle exec rake\b/],
  ['PHPUnit', 'test', /\b(?:phpunit|pest)\b|\bcomposer\s+(?:run\s+)?test\b/],
  [
    'other tests',
    'test',
    /\b(?:mix\s+test|swift\s+test|xcodebuild\b[^\n]*\btest|sbt\s+test|flutter\s+test|dart\s+test|stack\s+test|cabal\s+test|R\s+CMD\s+check|bats)\b/,
  ],
  ['test reports', 'test', /\bPublishTestResults@\d|\bjunit\s*[( ]|\bjunit:|dorny\/test-reporter|mikepenz\/action-junit-report/],
  [
    'coverage',
    'coverage',
    /\b(?:codecov|coveralls|jacoco|cobertura|lcov|nyc|coverage\s+(?:run|xml|report))\b|--cov\b|--coverage\b|PublishCodeCoverageResults@\d/,
  ],
  // Looks at the code.
  [
    'linters',
    'lint',
    /\b(?:eslint|oxlint|biome|prettier|flake8|pylint|ruff|black|mypy|rubocop|golangci-lint|clippy|ktlint|checkstyle|hadolint|shellcheck|super-linter|megalinter|stylelint|tslint|phpcs|phpstan)\b/,
  ],
  ['CodeQL', 'code-scan', /\bcodeql\b/i],
  ['Semgrep', 'code-scan', /\bsemgrep\b/i],
  ['SonarQube', 'code-scan', /\bsonar(?:qube|cloud|source|-scanner|scanner)?\b/i],
  ['Snyk Code', 'code-scan', /\bsnyk\s+code\b/i],
  [
    'language scanners',
    'code-scan',
    /\b(?:bandit|gosec|brakeman|spotbugs|findsecbugs|njsscan|flawfinder|devskim|security-code-scan|pmd)\b/i,
  ],
  [
    'commercial scanners',
    'code-scan',
    /\b(?:checkmarx|veracode|fortify|coverity|appscan|hcl-appscan|contrast|mayhem|apisec|stackhawk|xanitizer|detekt|psalm|rubocop-sarif|msvc-code-analysis|microsoft\/security-devops-action|securitycodescan|frogbot|endorlabs|datadog-static-analyzer|zscaler-iac|nowsecure|soos-(?:io|dast))\b/i,
  ],
  ['GitLab SAST', 'code-scan', /\bSAST(?:\.latest)?\.gitlab-ci\.yml/],
  ['Trivy', 'dependency-scan', /\btrivy\b/i],
  ['Grype', 'dependency-scan', /\b(?:grype|anchore\/scan-action)\b/i],
  ['Snyk', 'dependency-scan', /\bsnyk\b(?!\s+code)/i],
  [
    'package audits',
    'dependency-scan',
    /\b(?:npm|yarn|pnpm)\s+audit\b|\b(?:pip-audit|bundler-audit|bundle\s+audit|cargo\s+(?:audit|deny)|govulncheck|safety\s+check|composer\s+audit)\b/,
  ],
  ['OSV-Scanner', 'dependency-scan', /\bosv-scanner\b/i],
  ['Dependency-Check', 'dependency-scan', /\bdependency-?check\b/i],
  ['dependency review', 'dependency-scan', /\bdependency-review-action\b/],
  ['GitLab dependency scan', 'dependency-scan', /\b(?:Dependency|Container)-Scanning(?:\.latest)?\.gitlab-ci\.yml/],
  ['OpenSSF Scorecard', 'dependency-scan', /\bossf\/scorecard-action\b/],
  [
    'secret scanners',
    'secret-scan',
    /\b(?:gitleaks|trufflehog|detect-secrets|ggshield|gitguardian)\b|\bSecret-Detection(?:\.latest)?\.gitlab-ci\.yml/i,
  ],
  [
    'infrastructure scanners',
    'infrastructure-scan',
    /\b(?:checkov|tfsec|kics|terrascan|kubesec|kube-linter|conftest|cfn-nag|sysdig|tfscan)\b|\bSAST-IaC/i,
  ],
  // What is handed on.
  [
    'SBOM',
    'sbom',
    /\b(?:syft|anchore\/sbom-action|cyclonedx\S*|sbom-tool|spdx-sbom-generator|bom\s+generate)\b|--sbom\b|\bsbom:\s*true|advanced-security\/maven-dependency-submission/i,
  ],
  [
    'signatures and provenance',
    'sign',
    /\b(?:cosign|sigstore|notation\s+sign|slsa-github-generator|attest-build-provenance|attest-sbom|in-toto-run)\b|\bactions\/attest\b|\bgpg\b[^\n]*--(?:detach-)?sign/i,
  ],
  [
    'container images',
    'container',
    /\b(?:docker|podman|nerdctl)\s+(?:buildx?\s+)?build\b|\bdocker\/build-push-action\b|\b(?:buildah|kaniko|ko\s+build|jib|buildpacks?|pack\s+build)\b|\bDocker@\d|\bdocker\.build\b|\baz\s+acr\s+build\b/,
  ],
  [
    'package registries',
    'publish',
    /\b(?:npm|yarn|pnpm|cargo|poetry|uv)\s+publish\b|\btwine\s+upload\b|pypa\/gh-action-pypi-publish|\b(?:nuget|gem|docker|podman|helm)\s+push\b|\bdocker\/build-push-action\b|\b(?:mvn|mvnw)\b[^\n]*\bdeploy\b|\bgh\s+release\b|\bsemantic-release\b|\bgoreleaser\b|\brelease-cli\b|\bNuGetCommand@\d|actions\/create-release|softprops\/action-gh-release/,
  ],
  // What changes what runs.
  [
    'kubectl',
    'deploy',
    /\b(?:kubectl|oc)\s+(?:apply|set|rollout|replace|create|patch)\b|\bKubernetes(?:Manifest)?@\d|azure\/k8s-deploy|\bkustomize\b[^\n]*\|/i,
  ],
  ['Helm', 'deploy', /\bhelm\s+(?:upgrade|install)\b|\bhelmfile\b|\bHelmDeploy@\d/],
  ['Terraform', 'deploy', /\b(?:terraform|tofu|terragrunt)\s+apply\b|\bpulumi\s+up\b/],
  ['Ansible', 'deploy', /\bansible-playbook\b/],
  [
    'AWS',
    'deploy',
    /\baws\s+(?:ecs|s3\s+(?:sync|cp)|lambda\s+update|cloudformation\s+deploy|deploy|elasticbeanstalk)\b|\b(?:sam|cdk|copilot)\s+deploy\b|amazon-ecs-deploy-task-definition|aws-cloudformation-github-deploy/,
  ],
  ['Google Cloud', 'deploy', /\bgcloud\s+(?:run|app|functions)\s+(?:services\s+)?(?:deploy|replace)\b|google-github-actions\/deploy-\w+/],
  [
    'Azure',
    'deploy',
    /\baz\s+(?:webapp|functionapp|containerapp|deployment)\b|azure\/(?:webapps-deploy|functions-action|functions-container-action|static-web-apps-deploy)|\bAzure(?:WebApp|RmWebAppDeployment|FunctionApp|CLI|ContainerApps)\w*@\d/i,
  ],
  [
    'platforms',
    'deploy',
    /\b(?:flyctl|heroku|netlify|vercel|wrangler|railway|serverless)\s+(?:deploy|publish|up|container)\b|\bcf\s+push\b|\bargocd\s+app\b|actions\/deploy-pages|cloudflare\/wrangler-action|firebase\s+deploy|\bcapistrano\b|\bcap\s+\w+\s+deploy\b/,
  ],
  ['Octopus', 'deploy', /\bocto(?:pus)?\b[^\n]*(?:deploy|release)|OctopusDeploy\//i],
  ['copying over ssh', 'deploy', /\b(?:rsync|scp)\b[^\n]*@|appleboy\/(?:ssh|scp)-action|\bssh\s+\S+@\S+/],
];

/** Characters of all scripts of a file that are looked at. */
const LOOKED_AT = 400_000;

/** The tools that these texts name, in the order of the list. */
export function toolsIn(parts: readonly string[]): FoundTool[] {
  const text = parts.join('\n').slice(0, LOOKED_AT);
  return TOOLS.filter(([, , pattern]) => pattern.test(text)).map(([name, purpose]) => ({ name, purpose }));
}

/** Names that tell nothing but say what for: jobs and stages called so are taken at their word only for deployments. */
export function namesDeployment(name: string): boolean {
  return /(?:^|[^a-z])(?:deploy|deployment|rollout|promote|release to|ship)(?:[^a-z]|$)/i.test(name);
}

/** Where a stage deploys to by its name, in a system that knows no environments; null: it names none. */
export function deployedTo(name: string): string | null {
  const found = /\b(prod(?:uction)?|live|staging|stage|preprod|uat|qa|test|dev(?:elopment)?)\b/i.exec(name)?.[1];
  return found?.toLowerCase() ?? null;
}
