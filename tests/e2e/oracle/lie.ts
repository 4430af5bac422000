/** Lies planted between worker and page, to see that the oracle catches them. */

export type Lie = 'one fewer' | 'no reason' | 'others have it' | 'further';

/** Runs in the page before anything else: each status that comes through a port is turned into what `window.testLie` names. */
export function hookStatus(): void {
  type Loose = Record<string, unknown>;
  const isObject = (value: unknown): value is Loose => typeof value === 'object' && value !== null;
  const turn = (status: Loose): void => {
    const { unsent, devices } = status;
    const own = Array.isArray(devices) ? devices.filter(isObject) : [];
    switch (Reflect.get(window, 'testLie')) {
      case 'one fewer':
        status.unsent = Number(unsent) - 1;
        break;
      case 'no reason':
        Object.assign(status, { reasons: [], unsent: 0, asOf: Date.now() });
        break;
      case 'others have it':
        for (const device of own) if (device.isThis !== true) device.hasOurs = Number.MAX_SAFE_INTEGER;
        break;
      case 'further':
        for (const device of own) if (device.isThis === true) device.cursor = Number(device.cursor) + 1;
        break;
    }
  };
  const find = (value: unknown, depth: number): void => {
    if (!isObject(value) || depth > 6) return;
    if ('unsent' in value && 'reasons' in value) turn(value);
    else for (const part of Object.values(value)) find(part, depth + 1);
  };
  const listen = MessagePort.prototype.addEventListener;
  MessagePort.prototype.addEventListener = function (this: MessagePort, ...rest: Parameters<typeof listen>) {
    // The data of an event is one object for all who listen; whoever listens first has it first.
    if (rest[0] === 'message') listen.call(this, 'message', (event) => find(Reflect.get(event, 'data'), 0));
    listen.apply(this, rest);
  };
}
