/**
 * A step of a Jenkins shared library: yardmasterRecord(url: '...', service: 'shop', credentialsId: 'yardmaster',
 * artifact: 'dist/shop.tar.gz', reports: [junit: 'junit.xml', cyclonedx: 'bom.json']), best in post { always { ... } }.
 * Every value goes as an environment variable: nothing of it is ever shell text.
 */
def call(Map options) {
  def reports = (options.reports ?: [:]).collect { kind, file -> "${kind}=${file}" }.join('\n')
  def state = options.state ?: currentBuild.currentResult
  writeFile file: '.yardmaster-record.sh', text: libraryResource('yardmaster/record.sh')
  withCredentials([string(credentialsId: options.credentialsId, variable: 'YARDMASTER_TOKEN')]) {
    withEnv([
      "YARDMASTER_URL=${options.url}",
      "YARDMASTER_SERVICE=${options.service}",
      "YM=${options.command ?: 'npx --yes yardmaster'}",
      "YM_STATE=${state}",
      "YM_ARTIFACT=${options.artifact ?: ''}",
      "YM_ARTIFACT_NAME=${options.name ?: ''}",
      "YM_REFERENCE=${options.reference ?: ''}",
      "YM_REPORTS=${reports}",
      "YM_ATTESTATION=${options.attestation ?: ''}",
    ]) {
      sh 'bash .yardmaster-record.sh'
    }
  }
}
