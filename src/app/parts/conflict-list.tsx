/** Values of ours that lost to someone who had not seen them, each with one step to bring it back. */
import type { DeviceStatus } from '../../client/index.ts';
import { keepTheirs, type OpenConflict, writeOurs } from '../conflicts.ts';
import { clockTime, dayWords } from '../counted.ts';
import { labelOf } from '../device-names.ts';
import { attempt } from '../notices.ts';
import { now } from '../observed.ts';
import { openConflicts } from '../open-conflicts.ts';
import type { AppSpace } from '../schema.ts';

const columnNames: Readonly<Record<string, string>> = { due: 'due day', list: 'place' };

export function ConflictSection(props: {
  readonly space: AppSpace;
  readonly devices: readonly DeviceStatus[];
  readonly mayWrite: boolean;
}) {
  const { space } = props;
  const open = openConflicts.value;
  const settle = async (one: OpenConflict, step: () => Promise<void> | void): Promise<void> => {
    if (!(await attempt(async () => step()))) return;
    openConflicts.value = openConflicts.value.filter(({ key }) => key !== one.key);
  };
  if (open.length === 0) return null;
  return (
    <section data-testid="conflicts">
      <h3>Changed by two at once</h3>
      <ul class="facts">
        {open.map((one) => (
          <li key={one.key} data-testid="conflict" class="conflict">
            <ConflictWords one={one} who={labelOf(props.devices)} />
            <p class="actions">
              <button
                type="button"
                class="plain small"
                data-testid="keep-theirs"
                onClick={() => settle(one, () => keepTheirs(space, one))}
              >
                Leave it
              </button>
              <button
                type="button"
                class="plain small"
                data-testid="use-ours"
                disabled={one.row === null || !props.mayWrite}
                onClick={() => settle(one, () => writeOurs(space, one))}
              >
                Use mine
              </button>
            </p>
          </li>
        ))}
      </ul>
    </section>
  );
}

function ConflictWords({
  one,
  who,
}: {
  readonly one: OpenConflict;
  readonly who: (device: number) => string;
}) {
  const { row, conflict } = one;
  const { column, value, winner } = conflict;
  const stands = row === null ? '' : ` with “${valueWords(column, Reflect.get(row, column))}”`;
  return (
    <div>
      <strong>
        <bdi>{row?.title ?? 'No longer here'}</bdi>
      </strong>
      <small>
        {`Your ${columnNames[column] ?? column} “${valueWords(column, value)}” was replaced by ${who(winner.device)}${stands} at ${clockTime(winner.at, now.value)}.`}
      </small>
    </div>
  );
}

function valueWords(column: string, value: unknown): string {
  if (value === null || value === undefined || value === '') return 'nothing';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (column === 'due' && typeof value === 'number') return dayWords(value, now.value);
  return String(value);
}
