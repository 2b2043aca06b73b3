#!/usr/bin/env bash
# What the GitHub Action, the GitLab component, the Jenkins step and the Azure task all do: tell Yardmaster of a build, with
# `ym record`. Each value comes as an environment variable, never as text of this script, so that no name or path of a
# stranger is ever run.
#   YM_STATE       running, succeeded, failed or cancelled; how the CI itself calls it is understood too
#   YM_ARTIFACT    a file; YM_ARTIFACT_NAME its name, YM_REFERENCE an image NAME@sha256:... instead
#   YM_REPORTS     lines of KIND=FILE
#   YM_ATTESTATION a DSSE envelope or Sigstore bundle
# and YARDMASTER_URL, YARDMASTER_TOKEN, YARDMASTER_SERVICE. YM is the command, `npx --yes yardmaster@VERSION` where none is given.
set -euo pipefail
read -ra ym <<<"${YM:-ym}"

while IFS= read -r line; do
  [ -z "$line" ] && continue
  case $line in
    *=*) "${ym[@]}" record report "${line#*=}" --kind "${line%%=*}" ;;
    *) echo "a report is written as KIND=FILE, not as: $line" >&2; exit 2 ;;
  esac
done <<<"${YM_REPORTS:-}"

name=(); [ -n "${YM_ARTIFACT_NAME:-}" ] && name=(--name "$YM_ARTIFACT_NAME")
if [ -n "${YM_ARTIFACT:-}" ]; then "${ym[@]}" record artifact "$YM_ARTIFACT" ${name[@]+"${name[@]}"}
elif [ -n "${YM_REFERENCE:-}" ]; then "${ym[@]}" record artifact --reference "$YM_REFERENCE" ${name[@]+"${name[@]}"}
fi
[ -n "${YM_ATTESTATION:-}" ] && "${ym[@]}" record attestation "$YM_ATTESTATION"

state=$(tr '[:upper:]' '[:lower:]' <<<"${YM_STATE:-}")
case $state in
  '') ;;
  success | succeeded | fixed) "${ym[@]}" record build --state succeeded ;;
  failure | failed | unstable | succeededwithissues) "${ym[@]}" record build --state failed ;;
  cancelled | canceled | aborted | not_built) "${ym[@]}" record build --state cancelled ;;
  running) "${ym[@]}" record build --state running ;;
  *) echo "no state of a build: $state" >&2; exit 2 ;;
esac
