/** What can stand beside a list. Loaded when the first of it is shown. */
import { DeletedPanel } from '../parts/deleted-panel.tsx';
import { ImportPanel } from '../parts/import-panel.tsx';
import { ItemDetail } from '../parts/item-detail.tsx';
import { SettingsPanel } from '../parts/settings-panel.tsx';
import { SharedPanel } from '../parts/shared-panel.tsx';
import { SyncPanel } from '../parts/sync-panel.tsx';
import type { Aside, Place } from '../route.ts';
import type { AppSpace } from '../schema.ts';

export interface BesideProps {
  readonly space: AppSpace;
  readonly place: Place;
  readonly aside: Aside;
  readonly mayWrite: boolean;
}

export function Beside({ space, place, aside, mayWrite }: BesideProps) {
  switch (aside.kind) {
    case 'item':
      return <ItemDetail key={aside.id} space={space} id={aside.id} place={place} mayWrite={mayWrite} />;
    case 'sync':
      return <SyncPanel space={space} place={place} mayWrite={mayWrite} />;
    case 'settings':
      return <SettingsPanel space={space} place={place} mayWrite={mayWrite} />;
    case 'import':
      return <ImportPanel space={space} place={place} />;
    case 'deleted':
      return <DeletedPanel space={space} place={place} mayWrite={mayWrite} />;
    case 'shared':
      return <SharedPanel space={space} mayWrite={mayWrite} />;
  }
}
