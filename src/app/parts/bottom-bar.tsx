/** The places of the app, under the thumb: on a phone alone. */
import { type Aside, hashOf, type Place, searching } from '../route.ts';
import { Icon, type IconName } from './icon.tsx';

export function BottomBar(props: {
  readonly place: Place;
  readonly aside: Aside | null;
  /** Null for who may not invite. */
  readonly onInvite: (() => void) | null;
}) {
  const { place, aside, onInvite } = props;
  const isSettings = aside?.kind === 'settings';
  return (
    <nav class="bottom" aria-label="Places">
      <Tab href={hashOf(null)} icon="lists" label="Lists" isHere={place !== searching && !isSettings} />
      <Tab
        href={hashOf(searching)}
        icon="search"
        label="Search"
        isHere={place === searching && !isSettings}
      />
      {onInvite !== null && (
        <button type="button" class="tab" onClick={onInvite}>
          <Icon name="people" />
          Invite
        </button>
      )}
      <Tab href={hashOf(place, { kind: 'settings' })} icon="gear" label="Settings" isHere={isSettings} />
    </nav>
  );
}

function Tab(props: { href: string; icon: IconName; label: string; isHere: boolean }) {
  return (
    <a class="tab" href={props.href} aria-current={props.isHere ? 'page' : undefined}>
      <Icon name={props.icon} />
      {props.label}
    </a>
  );
}
