import { defineProblem } from '../kernel/problem.ts';

export const onlyRootChanges = defineProblem<{ user: string }>('daemon.only-root-changes-user', {
  status: 403,
  sentence: ({ user }) => `Only root can start as another user, and this is not ${user}.`,
  remedy: 'Start it as that user, or as root with --user.',
});

export const noSuchUser = defineProblem<{ user: string }>('daemon.no-such-user', {
  status: 404,
  sentence: ({ user }) => `There is no user ${user} on this machine.`,
  remedy: 'Make one (useradd --system NAME), or name another with --user.',
});

export const notOurFolder = defineProblem<{ folder: string; why: string }>('daemon.folder-not-handed-over', {
  status: 409,
  sentence: ({ folder, why }) => `${folder} can't be handed to another user: ${why}.`,
  remedy: 'Name an empty folder or an earlier state folder, or give it to that user yourself (chown -R) after you have looked into it.',
});

export const cannotRunAs = defineProblem<{ user: string; why: string }>('daemon.can-not-run-as', {
  status: 409,
  sentence: ({ user, why }) => `This can't run as ${user}: ${why}.`,
  remedy:
    'Allow that user to pass the folders on the way (chmod o+x), install Yardmaster where everybody can read it, or choose another --state.',
});
