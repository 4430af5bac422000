/** The two names that a person gives when making or joining a space, and the step that follows. */
import { useState } from 'preact/hooks';
import type { Failure } from '../../client/index.ts';
import { suggestedDeviceName } from '../device-names.ts';
import { toFailure } from '../failure.ts';
import type { Names } from '../session.ts';
import { Trouble } from './trouble.tsx';

export function NamesForm(props: {
  readonly button: string;
  readonly busy: string;
  readonly testId: string;
  readonly submit: (names: Names) => Promise<void>;
}) {
  const [memberName, setMemberName] = useState('');
  const [deviceName, setDeviceName] = useState(suggestedDeviceName);
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Failure | null>(null);
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    setFailure(null);
    try {
      await props.submit({ memberName: memberName.trim(), deviceName: deviceName.trim() });
    } catch (thrown) {
      setFailure(toFailure(thrown));
      setBusy(false);
    }
  };
  return (
    <form class="stack" onSubmit={submit}>
      <label class="field">
        <span>Your name</span>
        <input
          data-testid="member-name"
          autocomplete="name"
          required
          pattern=".*\S.*"
          maxLength={60}
          value={memberName}
          onInput={({ currentTarget }) => setMemberName(currentTarget.value)}
        />
      </label>
      <label class="field">
        <span>Name of this device</span>
        <input
          data-testid="device-name"
          autocomplete="off"
          required
          pattern=".*\S.*"
          maxLength={60}
          value={deviceName}
          onInput={({ currentTarget }) => setDeviceName(currentTarget.value)}
        />
        <small>The other members see both names. The server does not.</small>
      </label>
      {failure !== null && <Trouble failure={failure} />}
      <button type="submit" class="main" data-testid={props.testId} disabled={isBusy}>
        {isBusy ? props.busy : failure === null ? props.button : `${props.button} again`}
      </button>
    </form>
  );
}
