// The agent gives inputs as INPUT_NAME; they go on as environment variables, never as text of a command.
const { spawnSync } = require('node:child_process');
const { join } = require('node:path');

// A path that was left out comes as the folder of the sources.
const unset = (value) => value === undefined || value === '' || value === process.env.SYSTEM_DEFAULTWORKINGDIRECTORY;
const input = (name) => {
  const value = process.env[`INPUT_${name.toUpperCase()}`];
  return unset(value) ? '' : value;
};
const env = {
  ...process.env,
  YARDMASTER_URL: input('url'),
  YARDMASTER_SERVICE: input('service'),
  YARDMASTER_TOKEN: input('token'),
  YM: input('command') || 'npx --yes yardmaster',
  YM_STATE: input('state'),
  YM_ARTIFACT: input('artifact'),
  YM_ARTIFACT_NAME: input('artifactName'),
  YM_REFERENCE: '',
  YM_REPORTS: input('reports'),
  YM_ATTESTATION: input('attestation'),
};
const { status, error } = spawnSync('bash', [join(__dirname, 'record.sh')], { env, stdio: 'inherit' });
if (error !== undefined) process.stderr.write(`${error.message}\n`);
process.stdout.write(`##vso[task.complete result=${status === 0 ? 'Succeeded' : 'Failed'};]\n`);
process.exitCode = status === 0 ? 0 : 1;
