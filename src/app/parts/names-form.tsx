/** The two names that a person gives when making or joining a space, and the step that follows. */
import { useState } from 'preact/hooks';
import type { Failure } from '../../client/index.ts';
import type { Names } from '../beginning.ts';
import { toFailure } from '../failure.ts';
import { wrongName } from '../name-words.ts';
import { suggestedDeviceName } from '../suggested-name.ts';
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
  /** What is wrong with the names is said once they were sent, and then at each change. */
  const [isSent, setSent] = useState(false);
  const [failure, setFailure] = useState<Failure | null>(null);
  const names = { memberName: memberName.trim(), deviceName: deviceName.trim() };
  const wrongMember = wrongName(names.memberName, 'Type your name.');
  const wrongDevice = wrongName(names.deviceName, 'Type a name for this device.');
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    setSent(true);
    if (wrongMember !== null || wrongDevice !== null) return;
    setBusy(true);
    setFailure(null);
    try {
      await props.submit(names);
    } catch (thrown) {
      setFailure(toFailure(thrown));
      setBusy(false);
    }
  };
  return (
    <form class="stack" noValidate onSubmit={submit}>
      <NameField
        label="Your name"
        testId="member-name"
        autocomplete="name"
        value={memberName}
        wrong={isSent ? wrongMember : null}
        change={setMemberName}
      />
      <NameField
        label="Name of this device"
        testId="device-name"
        autocomplete="off"
        value={deviceName}
        wrong={isSent ? wrongDevice : null}
        change={setDeviceName}
      />
      <p class="hint">The other members see both names. The server does not.</p>
      {failure !== null && <Trouble failure={failure} />}
      <button type="submit" class="main" data-testid={props.testId} disabled={isBusy}>
        {isBusy ? props.busy : failure === null ? props.button : `${props.button} again`}
      </button>
    </form>
  );
}

function NameField(props: {
  readonly label: string;
  readonly testId: string;
  readonly autocomplete: string;
  readonly value: string;
  readonly wrong: string | null;
  readonly change: (name: string) => void;
}) {
  const { label, testId, autocomplete, value, wrong, change } = props;
  return (
    <label class="field">
      <span>{label}</span>
      <input
        data-testid={testId}
        autocomplete={autocomplete}
        required
        value={value}
        aria-invalid={wrong !== null}
        onInput={({ currentTarget }) => change(currentTarget.value)}
      />
      {wrong !== null && (
        <small class="wrong" role="alert" data-testid={`${testId}-wrong`}>
          {wrong}
        </small>
      )}
    </label>
  );
}
