/**
 * One WebKit browser, spoken to by the WebDriver standard over HTTP. A driver has one session, and a session one
 * browser with storage of its own, so two of these are two devices.
 *
 * 1. Every process that is started here (screen, driver, browser) ends with `close`, or with this process, however it ends.
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { freePort } from '../e2e/relay-process.ts';
import { until } from '../e2e/waiting.ts';
import { spawnTied } from './tied-process.mjs';
import { findWebKit } from './webkit.mjs';

/** How long any one command may take, so that a browser that hangs fails a test instead of the run. */
const commandMs = 60_000;

const elementKey = 'element-6066-11e4-a52e-4f735466cecf';

export class WebDriver {
  readonly #processes: ChildProcess[] = [];
  readonly #onExit = (): void => this.#kill();
  #folder = '';
  #address = '';
  #session = '';

  private constructor() {
    process.once('exit', this.#onExit);
  }

  static async open(): Promise<WebDriver> {
    const webkit = findWebKit();
    if (!webkit)
      throw new Error('No WebKitGTK with driver and Xvfb here; `npm test` installs them on Debian');
    const opened = new WebDriver();
    try {
      await opened.#start(webkit);
      return opened;
    } catch (error) {
      await opened.close();
      throw error;
    }
  }

  async #start({ driver, browser, screen }: NonNullable<ReturnType<typeof findWebKit>>): Promise<void> {
    // mkdtemp gives mode 0700, without which a runtime folder is refused.
    this.#folder = await mkdtemp(join(tmpdir(), 'cairn-webkit-'));
    const display = await this.#startScreen(screen);
    const port = await freePort();
    this.#address = `http://127.0.0.1:${port}`;
    const env = {
      ...process.env,
      DISPLAY: display,
      XDG_RUNTIME_DIR: this.#folder,
      HOME: this.#folder,
      NO_AT_BRIDGE: '1',
      LIBGL_ALWAYS_SOFTWARE: '1',
    };
    const started = this.#run(driver, [`--port=${port}`], env);
    const isUp = (): Promise<boolean> =>
      fetch(`${this.#address}/status`).then(
        ({ ok }) => ok,
        () => false,
      );
    await until(
      'the WebKit driver answers',
      async () => started.exitCode !== null || (await isUp()),
      Boolean,
    );
    const session = await this.#ask('POST', '/session', {
      capabilities: {
        alwaysMatch: { 'webkitgtk:browserOptions': { binary: browser, args: ['--automation'] } },
      },
    });
    if (!isRecord(session)) throw new Error(`The WebKit driver gave no session: ${JSON.stringify(session)}`);
    this.#session = `/session/${session.sessionId}`;
    await this.#ask('POST', `${this.#session}/timeouts`, { script: commandMs, pageLoad: commandMs });
  }

  /** Starts an X server on a display that it picks itself, and gives its name. */
  async #startScreen(screen: string): Promise<string> {
    const args = ['-displayfd', '3', '-screen', '0', '1280x1024x24', '-nolisten', 'tcp'];
    const child = this.#run(screen, args, process.env);
    // The fourth of its pipes is the one that it was told to write to.
    const told = child.stdio[3] as Readable;
    let text = '';
    told.setEncoding('utf8').on('data', (more: string) => {
      text += more;
    });
    await until('Xvfb says its display', () => child.exitCode !== null || text.includes('\n'), Boolean);
    if (!text.includes('\n')) throw new Error('Xvfb ended before it had a display');
    return `:${text.trim()}`;
  }

  #run(program: string, args: string[], env: NodeJS.ProcessEnv): ChildProcess {
    const child = spawnTied(program, args, env);
    this.#processes.push(child);
    return child;
  }

  async #ask(method: string, path: string, body?: unknown): Promise<unknown> {
    const answer = await fetch(this.#address + path, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(commandMs + 5_000),
    });
    const told: unknown = await answer.json();
    const value = isRecord(told) ? told.value : undefined;
    if (isRecord(value) && 'error' in value) throw new Error(`WebKit: ${value.error}: ${value.message}`);
    return value;
  }

  async goto(url: string): Promise<void> {
    await this.#ask('POST', `${this.#session}/url`, { url });
  }

  async reload(): Promise<void> {
    await this.#ask('POST', `${this.#session}/refresh`, {});
  }

  /** Runs a function of the page, given as its source, and gives what it returns or its promise brings. */
  async call(source: string, ...args: readonly unknown[]): Promise<unknown> {
    const script = `const done = arguments[arguments.length - 1];
      Promise.resolve().then(() => (${source})(...Array.prototype.slice.call(arguments, 0, -1)))
        .then((value) => done({ value }), (thrown) => done({ thrown: String(thrown) }));`;
    const told = await this.#ask('POST', `${this.#session}/execute/async`, { script, args });
    if (isRecord(told) && typeof told.thrown === 'string') throw new Error(`In the page: ${told.thrown}`);
    return isRecord(told) ? told.value : undefined;
  }

  /**
   * Clicks as a person does, at the element's place on screen, and tells whether that was the element. The driver looks for the place first and
   * clicks then; what a page moves there meanwhile gets nothing of it.
   */
  async click(element: unknown): Promise<boolean> {
    if (!isRecord(element)) throw new Error('There is no such element to click');
    await this.call(guardClick.toString(), element);
    await this.#ask('POST', `${this.#session}/element/${element[elementKey]}/click`, {});
    return (await this.call(endGuard.toString())) === true;
  }

  /** Presses and releases a key, named as the standard names it. */
  async press(key: keyof typeof keys): Promise<void> {
    const value = keys[key];
    const actions = [
      { type: 'keyDown', value },
      { type: 'keyUp', value },
    ];
    await this.#ask('POST', `${this.#session}/actions`, {
      actions: [{ type: 'key', id: 'keyboard', actions }],
    });
  }

  async close(): Promise<void> {
    process.off('exit', this.#onExit);
    const gone = this.#processes
      .filter(
        ({ exitCode, signalCode, pid }) => pid !== undefined && exitCode === null && signalCode === null,
      )
      .map((child) => once(child, 'exit'));
    // Ends the browser in order; where that fails, what follows ends it anyway.
    if (this.#session) await this.#ask('DELETE', this.#session).catch(() => {});
    this.#kill();
    await Promise.all(gone);
    if (this.#folder) await rm(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }

  #kill(): void {
    for (const { pid } of this.#processes.splice(0).reverse()) {
      if (pid === undefined) continue;
      try {
        process.kill(-pid, 'SIGKILL');
      } catch {
        // It has ended by itself, with all it started.
      }
    }
  }
}

/** Runs in the page: until `endGuard`, only this element hears of the mouse. */
function guardClick(element: Element): void {
  const types = ['pointerdown', 'mousedown', 'pointerup', 'mouseup', 'click'];
  let isClicked = false;
  const judge = (event: Event): void => {
    if (!event.isTrusted) return;
    if (event.target instanceof Node && element.contains(event.target)) {
      isClicked ||= event.type === 'click';
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  for (const type of types) addEventListener(type, judge, true);
  const end = (): boolean => {
    for (const type of types) removeEventListener(type, judge, true);
    return isClicked;
  };
  Object.assign(window, { endGuard: end });
}

/** Runs in the page. One that was loaded since then has no guard any more: that was the click. */
function endGuard(): boolean {
  return 'endGuard' in window && typeof window.endGuard === 'function' ? window.endGuard() : true;
}

const keys = { Enter: '\uE007', Escape: '\uE00C' } as const;

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
