/** Each device of the space: how much of what it wrote is here, when it was heard, and why something of it waits. */
import type { DeviceStatus } from '../../client/index.ts';
import { clockTime, grouped } from '../counted.ts';
import { deviceLabel } from '../device-names.ts';
import { lagWords } from '../device-words.ts';
import { holdWords } from '../hold-words.ts';
import { ago } from '../measures.ts';
import { now } from '../observed.ts';
import { roleWords } from '../role-words.ts';

export function DeviceList({ devices }: { readonly devices: readonly DeviceStatus[] }) {
  if (devices.length === 0) return <p class="empty">No device is known yet.</p>;
  return (
    <ul class="facts">
      {devices.map((device) => (
        <DeviceRow key={device.number} device={device} />
      ))}
    </ul>
  );
}

function DeviceRow({ device }: { readonly device: DeviceStatus }) {
  const { isThis, role, cursor, head, lastHeard, hold } = device;
  const label = deviceLabel(device);
  return (
    <li
      data-testid="device-row"
      data-device={device.number}
      data-this={isThis}
      data-cursor={cursor}
      data-head={head ?? 'unknown'}
      data-hold={hold?.reason}
    >
      <div>
        <strong>{label}</strong>
        <small>
          {isThis ? 'This device · ' : ''}
          {roleWords(role).name}
          {isThis ? '' : ` · ${lastHeard === null ? 'not heard yet' : `heard ${ago(lastHeard, now.value)}`}`}
        </small>
        {hold !== null && (
          <div class="held">
            <p>{holdWords(hold.reason, label).means}</p>
            <p class="next">{holdWords(hold.reason, label).next}</p>
            <small>
              Waiting since {clockTime(hold.since, now.value)}, at change {grouped(hold.position)}.
            </small>
          </div>
        )}
      </div>
      <span class="figures">
        {head === null && cursor === 0 ? (
          <small>{isThis ? 'nothing sent yet' : 'nothing from it yet'}</small>
        ) : (
          <>
            {`${grouped(cursor)} of ${head === null ? 'unknown' : grouped(head)}`}
            <small>{lagWords(device)}</small>
          </>
        )}
      </span>
    </li>
  );
}
