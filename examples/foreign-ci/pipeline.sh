#!/usr/bin/env bash
# Plays a Jenkins with nothing of Yardmaster's but `ym record`, `ym may-ship` and curl: from a commit to production, past
# gates and the approvals of two persons, with evidence that verifies offline. Every step says what it expects; the last
# line counts. It wants: YARDMASTER_URL, YARDMASTER_TOKEN (a bot of the CI), AUTHOR_TOKEN, APPROVER_TOKEN and MANAGER_TOKEN
# (persons), SIGNING_KEY (Ed25519, PEM), COMMIT and BAD_COMMIT (of the repository of shop), and an empty folder to work in.
set -u
passed=0 failed=0
export YARDMASTER_SERVICE=shop
API=$YARDMASTER_URL/v1

# What Jenkins says of itself to every step.
jenkins() { export JENKINS_URL=https://jenkins.example/ JOB_NAME=crew/shop BUILD_NUMBER=$1 BUILD_URL=https://jenkins.example/job/shop/$1/ GIT_COMMIT=$2 GIT_BRANCH=origin/main; }

# expect WHAT CODE TEXT COMMAND...: the command ends with CODE, and TEXT (an extended regular expression) is in what it says.
expect() {
  local what=$1 code=$2 text=$3 got=0
  shift 3
  out=$("$@" 2>&1) || got=$?
  if [ "$got" -eq "$code" ] && grep -qE -- "$text" <<<"$out"; then passed=$((passed + 1)); echo "ok    $what"
  else failed=$((failed + 1)); echo "FAIL  $what: exit $got, not $code with /$text/"; sed 's/^/      /' <<<"$out" | head -20; fi
}
# field NAME: the first value of that name in the JSON of the last answer.
field() { grep -oE "\"$1\":\"[^\"]*\"" <<<"$out" | head -1 | cut -d'"' -f4; }
# ask METHOD PATH [curl options]: plain curl; any status of 400 and above is exit 22.
json() { local path=$1; shift; ask POST "$path" -H 'content-type: application/json' -d "$*"; }
ask() { local method=$1 path=$2; shift 2; curl -sS --fail-with-body -X "$method" -H "authorization: Bearer $YARDMASTER_TOKEN" "$@" "$API$path"; }
as() { local token=$1; shift; YARDMASTER_TOKEN=$token "$@"; }

# sign DIGEST COMMIT: SLSA provenance in a DSSE envelope, made with openssl alone.
sign() {
  local type=application/vnd.in-toto+json statement
  statement='{"_type":"https://in-toto.io/Statement/v1","subject":[{"name":"shop","digest":{"sha256":"'${1#sha256:}'"}}],"predicateType":"https://slsa.dev/provenance/v1","predicate":{"buildDefinition":{"buildType":"https://jenkins.example/job","externalParameters":{},"resolvedDependencies":[{"uri":"git+https://git.example.org/crew/shop","digest":{"gitCommit":"'$2'"}}]},"runDetails":{"builder":{"id":"https://jenkins.example/"}}}}'
  printf 'DSSEv1 %d %s %d %s' "${#type}" "$type" "${#statement}" "$statement" >pae
  openssl pkeyutl -sign -inkey "$SIGNING_KEY" -rawin -in pae -out signature
  printf '{"payloadType":"%s","payload":"%s","signatures":[{"keyid":"","sig":"%s"}]}\n' "$type" "$(printf %s "$statement" | base64 -w0)" "$(base64 -w0 <signature)"
}

cat >junit.xml <<'XML'
<testsuite name="shop" tests="2" failures="0"><testcase classname="shop" name="sells" time="0.1"/><testcase classname="shop" name="counts" time="0.2"/></testsuite>
XML
cat >lcov.info <<'LCOV'
SF:shop.js
DA:1,1
DA:2,1
DA:3,1
end_of_record
LCOV
cat >sarif.json <<'SARIF'
{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"scanner"}},"results":[]}]}
SARIF
cat >bom.json <<'BOM'
{"bomFormat":"CycloneDX","specVersion":"1.6","version":1,"components":[{"type":"library","name":"left-pad","version":"1.3.0","purl":"pkg:npm/left-pad@1.3.0"}]}
BOM

echo "-- build 41: evidence first, the artifact last, some things twice"
jenkins 41 "$COMMIT"
expect "tests are told before anything else is known" 0 '"state":"ok"' ym record report junit.xml --kind junit --artifact shop --json
upload() { ask POST "/record/reports?service=shop&system=jenkins&id=crew%2Fshop%23$BUILD_NUMBER&commit=$GIT_COMMIT&kind=$1$3" --data-binary "@$2" -H 'content-type: application/octet-stream'; }
expect "coverage with plain curl" 0 '"state":"ok"' upload lcov lcov.info ''
expect "and a scan" 0 '"state":"ok"' upload sarif sarif.json ''
expect "that the build runs" 0 '"state":"running"' ym record build --state running --json
expect "a release of it is refused: it has not ended" 2 'releases.no-run|not-releasable' as "$AUTHOR_TOKEN" ym release create shop --commit "$COMMIT" --json
echo "console.log('shop')" >shop.js && tar -czf shop.tar.gz shop.js
expect "the artifact, its digest computed by the server" 0 '"fresh":true' ym record artifact shop.tar.gz --json
digest=$(field digest)
expect "it is the digest of the file" 0 "sha256:$(sha256sum shop.tar.gz | cut -d' ' -f1)" echo "$digest"
expect "and its trust comes from the repository, not from us" 0 '"trust":"protected"' ym record build --state succeeded --json
run=$(field run)
build() { json /record/builds "{\"service\":\"shop\",\"system\":\"jenkins\",\"id\":\"crew/shop#$BUILD_NUMBER\",\"commit\":\"$GIT_COMMIT\",\"state\":\"$1\"}"; }
expect "told twice is once, also by another way" 0 '"fresh":false' build succeeded
expect "the same artifact again is the same" 0 '"fresh":false' ym record artifact shop.tar.gz --json
expect "the other end of the story is refused" 22 'pipelines.told-otherwise' build failed
expect "the run stands in the list, as recorded" 0 '"recorded":\{"system":"jenkins","id":"crew/shop#41"' ask GET "/runs/$run"

echo "-- release, dev, prod"
expect "a person cuts the release" 0 '"version":"0.1.0"' as "$AUTHOR_TOKEN" ym release create shop --commit "$COMMIT" --json
release=$(field id)
expect "dev: go" 0 '"go":true' ym may-ship shop --env dev --wait --timeout 30 --json
expect "dev: it is there, and healthy" 0 '"state":"succeeded".*"admitted":true' ym record deployment shop --env dev --state succeeded --check health=passed --run-id deploy-41-dev --json
expect "prod: not yet, SBOM, provenance and approvals are missing" 4 'not-recorded-yet' ym may-ship shop --env prod --admit --json
expect "the bill of materials comes late" 0 '"state":"ok"' upload cyclonedx bom.json "&digest=$digest"
sign "$digest" "$COMMIT" >provenance.json
expect "and so does the provenance, signed by a key that is registered" 0 '"key":\{"name":"jenkins"' ym record attestation provenance.json --json
expect "prod: now people are what is missing" 4 'approvals' ym may-ship shop --env prod --wait --timeout 2 --json
expect "the author can not approve" 3 'changes.self-approval|changes.excluded|self' as "$AUTHOR_TOKEN" ym approve shop --env prod --reason "mine" --json
expect "the CI can not approve" 3 . ym approve shop --env prod --reason "mine" --json
expect "an approver does" 0 . as "$APPROVER_TOKEN" ym approve shop --env prod --reason "read the diff" --json
admission() { json /record/admissions "{\"release\":\"$release\",\"environment\":\"prod\"}"; }
expect "one of two is not enough" 0 '"go":false' admission
expect "a release manager does" 0 . as "$MANAGER_TOKEN" ym approve shop --env prod --reason "runbook read" --json
expect "prod: go, on a recorded decision" 0 '"verdict":"allow"' ym may-ship shop --env prod --wait --timeout 30 --json
expect "that decision derives again from its inputs" 0 '"same":true' ask POST "/decisions/$(field decision)/replay" -H 'content-type: application/json' -d '{}'
expect "prod: it began, admitted" 0 '"admitted":true' json /record/deployments "{\"release\":\"$release\",\"environment\":\"prod\",\"state\":\"started\",\"system\":\"jenkins\",\"id\":\"deploy-41-prod\"}"
expect "prod: it runs, and is healthy" 0 '"state":"succeeded"' ym record deployment shop --env prod --state succeeded --check health=passed --check smoke=passed --run-id deploy-41-prod --json
expect "told twice is once" 0 '"fresh":false' json /record/deployments "{\"release\":\"$release\",\"environment\":\"prod\",\"state\":\"succeeded\",\"system\":\"jenkins\",\"id\":\"deploy-41-prod\"}"
good=$(field id)

echo "-- proof"
expect "what runs in prod" 0 '"version":"0.1.0"' ask GET /environments/prod/services
expect "the bundle" 0 . as "$MANAGER_TOKEN" ym bundle shop --out bundle.json --json
expect "the trust file" 0 . as "$MANAGER_TOKEN" ym trust --out trust.json --json
expect "it verifies offline, with nobody to ask" 0 '"ok":true|valid|verified' env -u YARDMASTER_URL -u YARDMASTER_TOKEN ym verify bundle.json --trust trust.json --json
expect "the trace leads from the commit to the deployment" 0 "$good" as "$MANAGER_TOKEN" ym trace "$COMMIT" --json

expect "how far it has come, by facts" 0 '"level":"gated"' ym adopt --json

echo "-- build 42: deployed without asking, and gone back from"
jenkins 42 "$BAD_COMMIT"
echo "console.log('shop, broken')" >shop.js && tar -czf shop.tar.gz shop.js
expect "the artifact" 0 '"fresh":true' ym record artifact shop.tar.gz --json
expect "the build" 0 '"state":"succeeded"' build succeeded
expect "the release" 0 '"version":"0.2.0"' as "$AUTHOR_TOKEN" ym release create shop --commit "$BAD_COMMIT" --json
expect "prod without an allow: recorded as what it is" 0 '"admitted":false' ym record deployment shop@0.2.0 --env prod --state succeeded --run-id deploy-42-prod --json
bad=$(field id)
expect "it stands in the list, unadmitted" 0 "\"id\":\"$bad\".*\"admitted\":false" ask GET "/deployments?service=shop&environment=prod&limit=1"
expect "an incident, caused by it" 0 '"state":"open"' ym record incident --title "shop is down" --env prod --id INC-7 --severity critical --deployment "$bad" --json
expect "back to what was verified" 0 '"kind":"rollback"' ym record deployment shop@0.2.0 --env prod --state rolled-back --run-id deploy-42-prod --reason "INC-7" --json
expect "which runs again" 0 '"version":"0.1.0"' ask GET /environments/prod/services
expect "the incident is over" 0 '"state":"resolved"' ym record incident --title "shop is down" --env prod --id INC-7 --state resolved --json
expect "a ticket" 0 '"fresh":true' ym record ticket SHOP-12 --title "Sells again" --state done --type bug --fix-version 0.2.1 --json
expect "the four keys count it: of two deployments one failed" 0 '"changeFailureRate":[^}]*"value":0.5.*"timeToRestore"' as "$MANAGER_TOKEN" ym metrics --service shop --json
expect "a time to restore, and nothing unknown" 0 '"timeToRestore":[^}]*"unknown":\[\],"counted":1' echo "$out"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
