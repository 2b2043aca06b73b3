import { getSupportBundle } from '../../contract/support.ts';
import { mount, type Mounted } from '../../platform/http/handler.ts';
import type { SealedColumn } from '../../platform/keys/sealed.port.ts';
import { recentLines } from '../../platform/log.system.ts';
import { supportBundle } from './bundle.system.ts';

/** `ym support-bundle`. */
export function supportRoutes(columns: readonly SealedColumn[]): readonly Mounted[] {
  return [
    mount(getSupportBundle, async ({ floor }) => {
      const { bytes, manifest } = await supportBundle(floor, columns, recentLines());
      return { stream: bytes, fileName: `yardmaster-support-${manifest.madeAt.slice(0, 19).replaceAll(':', '')}.tar.gz` };
    }),
  ];
}
