import type { ReactNode } from 'react';
import { Page } from '../../kit/index.ts';

export default function Screen(): ReactNode {
  return (
    <Page title="account">
      <p className="text-quiet">This screen is being built.</p>
    </Page>
  );
}
