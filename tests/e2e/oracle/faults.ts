/** What the relay of an oracle's run may do: all of the hostile relay's faults but those named here. */
import { byteFaults } from '../../hostile/bytes.ts';
import { logFaults } from '../../hostile/logs.ts';
import { paceFaults } from '../../hostile/pace.ts';
import { type Fault, onEach, send } from '../../hostile/proxy.ts';
import { refusalFaults } from '../../hostile/refusals.ts';
import { streamFaults } from '../../hostile/streams.ts';

/**
 * Nobody who asks one relay alone can know of what it keeps back: "up to date" is then true of what was shown, and what the relay has
 * says nothing about it. `tests/hostile` has these.
 */
const keepsBack = /^(old |heads withheld|the answers to two questions swapped)/;
/** Much of the machine's time, and no other claims. */
const pours = /without end|gibibyte/;

/** True when they were made, and perhaps no more when they come: what is claimed then is as of when it was asked. */
function lateFaults(): Fault[] {
  return onEach(['/changes', '/entries', '/entries/read'], 'late', ['well'], async (exchange) => {
    const answer = await exchange.honest();
    await exchange.wait(lateMs);
    await send(exchange, answer);
  });
}

const lateMs = 2_500;

/** One that is drawn often, and one of all others. */
export function faultsOfARun(): { readonly late: readonly Fault[]; readonly others: readonly Fault[] } {
  const all = [
    ...byteFaults(),
    ...logFaults({ members: [], heads: [], entries: [] }),
    ...refusalFaults(),
    ...paceFaults(),
    ...streamFaults(),
  ];
  return { late: lateFaults(), others: all.filter(({ name }) => !keepsBack.test(name) && !pours.test(name)) };
}
