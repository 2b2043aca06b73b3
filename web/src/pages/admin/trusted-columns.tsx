import { Button, Tag, When } from '../../kit/index.ts';

type Trusted = { readonly name: string; readonly revokedAt: string | null };

/** The columns that end every table of what is trusted until somebody revokes it; `because` says why the person may not. */
export function trustedColumns<Row extends Trusted>(onRevoke: (one: Row) => void, because: string | null) {
  return [
    {
      key: 'state',
      label: 'State',
      cell: (one: Row) =>
        one.revokedAt === null ? (
          <Tag tone="allow" icon="done">
            trusted
          </Tag>
        ) : (
          <Tag>
            until <When at={one.revokedAt} />
          </Tag>
        ),
    },
    {
      key: 'act',
      label: 'Act',
      right: true,
      cell: (one: Row) => (
        <Button
          kind="quiet"
          because={because ?? (one.revokedAt === null ? null : 'it is trusted no more')}
          aria-label={`revoke ${one.name}`}
          onClick={() => onRevoke(one)}
        >
          Revoke
        </Button>
      ),
    },
  ];
}
